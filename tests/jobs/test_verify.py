"""Verifying an exported file: whatever is broken in it is found, and a crash of the runtime is a verdict too."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import litert_lm_builder
import psutil
import pytest

from backend.device.canonical import ANDROID_TOOLS
from backend.off_topic import evenly_divided
from backend.runs import Run, read_json
from job_templates.ml.litert.bundle.bundle import MODEL, TOKENIZER, read_bundle, write_bundle
from job_templates.ml.litert.verify.agreement import checkpoint_answers
from job_templates.ml.litert.verify.structure import Expected
from job_templates.ml.litert.verify.trained import Trained, load_trained
from job_templates.ml.litert.verify.verification import RUN_CHECKS, Subject, verify
from job_templates.ml.models.source import ModelSource, find_source

FEW_OFF_TOPIC = 20
"""Tests ask a tenth of the messages that a verification asks, because each test asks them again."""


class Parts:
    """The exported file taken apart, so that a test can put another one together."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.folder = folder
        record = read_json(run.export_dir / "verification.json")
        self.file = run.export_dir / record["file"]
        bundle = read_bundle(self.file)
        self.metadata = bundle.metadata()
        self.model, self.tokenizer = folder / "model.tflite", folder / "tokenizer.model"
        for path, kind in ((self.model, MODEL), (self.tokenizer, TOKENIZER)):
            section = bundle.find(kind)
            assert section is not None
            path.write_bytes(bundle.read(section))
        (folder / ANDROID_TOOLS).write_bytes((run.export_dir / ANDROID_TOOLS).read_bytes())
        trained, readable = load_trained(run), {row["id"] for row in record["accuracy"]["rows"] if row["parsed"]}
        # an answer of the starter that cannot be read would fail a file on a few rows
        held_out = tuple(row for row in trained.held_out if row.id in readable)
        off_topic = replace(trained.off_topic, messages=evenly_divided(trained.off_topic.messages, FEW_OFF_TOPIC))
        self.trained: Trained = replace(trained, held_out=held_out, off_topic=off_topic)
        self.source: ModelSource = find_source(str(run.path))

    def pack(self) -> Path:
        """A whole file of the parts as they now are."""
        path = self.folder / "test.litertlm"
        write_bundle(path, self.model, self.tokenizer, self.metadata)
        return path

    def pack_without_tokenizer(self) -> Path:
        """The file without its tokenizer section."""
        path, proto = self.folder / "test.litertlm", self.folder / "metadata.pb"
        proto.write_bytes(self.metadata.SerializeToString())
        builder = litert_lm_builder.LitertLmFileBuilder()
        builder.add_system_metadata(litert_lm_builder.Metadata("Authors", "x", litert_lm_builder.DType.STRING))
        builder.add_llm_metadata(str(proto))
        builder.add_tflite_model(str(self.model), litert_lm_builder.TfLiteModelType.PREFILL_DECODE)
        with path.open("wb") as stream:
            builder.build(stream)
        return path

    def overwrite(self, start: int, data: bytes) -> Path:
        """The file with other bytes at `start` of its model."""
        content = bytearray(self.model.read_bytes())
        content[start : start + len(data)] = data
        self.model.write_bytes(content)
        return self.pack()

    def verify(self, file: Path, rows: int = 6) -> dict[str, Any]:
        """The verification of a file, on a few of the held-out rows."""
        trained = replace(self.trained, held_out=self.trained.held_out[:rows])
        template = self.trained.fmt.chat_template(self.trained.tools)
        expected = Expected("native", template, (self.run.checkpoint / "tokenizer.model").read_bytes(), 1024)
        answers = lambda: checkpoint_answers(self.source, trained)  # noqa: E731 - as exporting.py gives it
        return verify(Subject(file, expected, trained, answers), silent).to_dict()


@pytest.fixture
def parts(exported_run: Run, tmp_path: Path) -> Parts:
    return Parts(exported_run, tmp_path)


def silent(_done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def failed(record: dict[str, Any]) -> set[str]:
    return {check["name"] for check in record["checks"] if check["result"] == "failed"}


def test_a_file_put_together_again_passes(parts: Parts) -> None:
    record = parts.verify(parts.pack())
    assert (record["verdict"], failed(record), record["rows"]) == ("passed", {"constrained decoding"}, 6)


def change_type(metadata: Any) -> None:
    metadata.llm_model_type.gemma3.SetInParent()


def switch_flag_off(metadata: Any) -> None:
    metadata.llm_model_type.function_gemma.use_template_for_fc_format = False


def change_fence(metadata: Any) -> None:
    metadata.llm_model_type.function_gemma.code_fence_end = "</tool>"


def drop_template(metadata: Any) -> None:
    metadata.ClearField("jinja_prompt_template")


def change_template(metadata: Any) -> None:
    metadata.jinja_prompt_template = metadata.jinja_prompt_template.replace("model", "assistant")


def drop_stop_token(metadata: Any) -> None:
    del metadata.stop_tokens[-1]


def change_start(metadata: Any) -> None:
    metadata.start_token.token_ids.ids[0] = 1


def change_limit(metadata: Any) -> None:
    metadata.max_num_tokens = 4096


def sample(metadata: Any) -> None:
    metadata.sampler_params.k = 40


@pytest.mark.parametrize(
    ("change", "check", "detail"),
    [
        (change_type, "type", "no tool calls; it must be function_gemma"),
        (switch_flag_off, "type", "use_template_for_fc_format is off"),
        (change_fence, "type", "The fences around calls"),
        (drop_template, "chat template", "There is no chat template"),
        (change_template, "chat template", "not the one that belongs to this model"),
        (drop_stop_token, "tokens and limits", "<start_function_response>"),
        (change_start, "tokens and limits", "The start token is not 2"),
        (change_limit, "tokens and limits", "max_num_tokens is 4096"),
        (sample, "tokens and limits", "not greedy"),
    ],
)
def test_wrong_metadata_fails(parts: Parts, change: Callable[[Any], None], check: str, detail: str) -> None:
    change(parts.metadata)
    record = parts.verify(parts.pack())
    assert (record["verdict"], failed(record)) == ("failed", {check})
    assert detail in record["reason"]
    assert record["accuracy"] is None
    open_checks = {one["name"] for one in record["checks"] if one["result"] == "could not check"}
    assert open_checks == set(RUN_CHECKS)


def test_plain_function_gemma_is_refused_for_the_json_format(parts: Parts) -> None:
    trained, file = parts.trained, parts.pack()
    expected = Expected("json", trained.fmt.chat_template(trained.tools), parts.tokenizer.read_bytes(), 1024)
    record = verify(Subject(file, expected, None, lambda: None), silent).to_dict()
    assert failed(record) == {"type"}
    assert "answers in JSON" in record["reason"]


def test_a_missing_or_foreign_tokenizer_fails(parts: Parts) -> None:
    record = parts.verify(parts.pack_without_tokenizer())
    assert failed(record) == {"sections", "tokenizer"}
    assert "Missing sections: SP_Tokenizer" in record["reason"]
    parts.tokenizer.write_bytes(b"no SentencePiece model")
    assert "cannot be read" in parts.verify(parts.pack())["reason"]


def test_a_file_that_is_cut_short_or_no_file_of_ours_fails(parts: Parts) -> None:
    whole = parts.file.read_bytes()
    cut = parts.folder / "cut.litertlm"
    for size, detail in ((len(whole) - 1, "it is truncated"), (len(whole) // 2, "it is truncated"), (40, "header")):
        cut.write_bytes(whole[:size])
        record = parts.verify(cut)
        assert record["verdict"] == "failed"
        assert detail in record["reason"]
        assert record["bytes"] == size
    for content in (b"", b"PK\x03\x04" + whole[4:], whole[:32] + b"\xff" * 4096):
        cut.write_bytes(content)
        assert parts.verify(cut)["verdict"] == "failed"


def test_a_model_without_the_tflite_mark_fails(parts: Parts) -> None:
    record = parts.verify(parts.overwrite(4, b"XXXX"))
    assert failed(record) == {"model"}


def test_a_model_of_nonsense_fails_even_if_the_runtime_crashes(parts: Parts) -> None:
    record = parts.verify(parts.overwrite(8, b"\xff" * 4096))
    assert record["verdict"] == "failed"
    assert failed(record) <= {"opens", "answers"}
    assert record["rows"] == 0
    assert "third_party" not in record["reason"]


@pytest.mark.slow  # the tests beside it damage other parts
def test_damaged_weights_fail(parts: Parts) -> None:
    size = parts.model.stat().st_size
    record = parts.verify(parts.overwrite(size * 6 // 10, bytes(size * 3 // 10)), rows=20)
    assert record["verdict"] == "failed"
    assert "agrees with the checkpoint" in failed(record)
    assert record["checkpoint_agreement"]["same"] < 10
    assert record["rows"] == 20


def test_a_crash_of_the_runtime_is_a_verdict(parts: Parts) -> None:
    def crash(done: int, _total: int) -> None:
        if done == 2:
            for child in psutil.Process().children():
                child.send_signal(signal.SIGSEGV)

    trained, file = parts.trained, parts.pack()
    expected = Expected("native", trained.fmt.chat_template(trained.tools), parts.tokenizer.read_bytes(), 1024)
    record = verify(Subject(file, expected, trained, lambda: None), crash).to_dict()
    assert (record["verdict"], failed(record), record["rows"]) == ("failed", {"answers"}, 2)
    assert "After 2 of" in record["reason"]
    assert "crashed (SIGSEGV)" in record["reason"]


def test_without_rows_nothing_is_claimed(parts: Parts) -> None:
    trained, file = parts.trained, parts.pack()
    expected = Expected("native", trained.fmt.chat_template(trained.tools), parts.tokenizer.read_bytes(), 1024)
    record = verify(Subject(file, expected, None, lambda: None), silent).to_dict()
    assert record["verdict"] == "could not check"
    assert record["reason"] == "The model has no run, so there are no held-out rows."
    assert (record["accuracy"], record["checkpoint_agreement"]) == (None, None)
