"""Constrained decoding: what an app gets that switches it on, with the real runtime, and how the check judges it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import litert_lm_builder
import pytest

from backend.device.canonical import ANDROID_TOOLS
from backend.device.checked import Check, Result
from backend.inference import Answer, ModelSession, WorkerDied
from backend.records import Call, Example, Tool
from backend.runs import Run, read_json
from job_templates.ml.litert.bundle.bundle import METADATA, MODEL, read_bundle
from job_templates.ml.litert.verify.constraints import ROWS, UNTRAINED, Constrained, ask_constrained, check_constraints
from job_templates.ml.litert.verify.trained import load_trained
from job_templates.ml.litert.verify.verification import RUN_CHECKS

PARAMETERS = {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}
TOOLS = (Tool("lamp", "Switch a lamp.", PARAMETERS),)
HALL, ATTIC = (Call("lamp", {"room": room}) for room in ("hall", "attic"))
EXAMPLES = (Example("a", 2, "lamp in the hall", (HALL,)), Example("b", 3, "lamp in the attic", (ATTIC,)))
RIGHT = [Answer(calls=(HALL,)), Answer(calls=(ATTIC,))]
HALF = [Answer(calls=(HALL,)), Answer(calls=(HALL,))]
NAME = "constrained decoding"


class Scripted:
    """Asks nothing: gives the scripted answers in turn, and counts them; a scripted error is raised."""

    def __init__(self, *answers: Answer | WorkerDied) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, message: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Answer:
        self.asked.append((message, tools))
        answer = self.answers.pop(0)
        if isinstance(answer, WorkerDied):
            raise answer
        return answer


def judged(constrained: Constrained | None, free: Sequence[Answer] = RIGHT) -> Check:
    return check_constraints(constrained, EXAMPLES, free, TOOLS)


def test_as_many_right_rows_pass_and_fewer_fail() -> None:
    messages = [row.message for row in EXAMPLES]
    same = ask_constrained(Scripted(*RIGHT, Answer(text="No.")), messages)
    assert judged(same) == Check(NAME, Result.PASSED, "2 of 2 rows are right with constraints, and 2 of 2 without.")
    fewer = ask_constrained(Scripted(*HALF, Answer(calls=(Call("untrained_tool", {}),))), messages)
    assert judged(fewer) == Check(NAME, Result.FAILED, "1 of 2 rows are right with constraints, and 2 of 2 without.")
    assert judged(fewer, HALF).result == Result.PASSED


def test_a_free_answer_that_no_app_receives_is_not_right() -> None:
    broken = [RIGHT[0], Answer(calls=(ATTIC,), error="The runtime reads this answer differently.")]
    assert judged(Constrained(tuple(HALF)), broken).detail.endswith("and 1 of 2 without.")


@pytest.mark.parametrize("failing", [Answer(error="It raised."), WorkerDied("It raised.")])
def test_the_first_message_without_an_answer_ends_it(failing: Answer | WorkerDied) -> None:
    ask = Scripted(RIGHT[0], failing)
    constrained = ask_constrained(ask, ["one", "two", "three"])
    assert [message for message, _ in ask.asked] == ["one", "two"]
    check = judged(constrained)
    assert check == Check(NAME, Result.FAILED, "An app that switches it on gets no answer to message 2: It raised.")


def test_a_runtime_that_applies_no_constraint_fails() -> None:
    ask = Scripted(*RIGHT, RIGHT[0])
    check = judged(ask_constrained(ask, ["one", "two"]))
    assert ask.asked[-1] == ("one", [UNTRAINED])
    assert check.result == Result.FAILED
    assert check.detail.endswith("handed over untrained_tool alone, it received a call of lamp.")


def test_not_tried_or_nothing_to_score_is_unchecked() -> None:
    assert judged(None).result == Result.UNCHECKED
    assert check_constraints(Constrained(tuple(RIGHT)), (), RIGHT, ()).result == Result.UNCHECKED


def test_only_some_rows_are_asked() -> None:
    ask = Scripted(*[Answer()] * (ROWS + 1))
    assert len(ask_constrained(ask, ["hi"] * 100).answers) == ROWS
    assert ask.answers == []


def exported(run: Run) -> tuple[Path, Path]:
    return run.export_dir / read_json(run.export_dir / "verification.json")["file"], run.export_dir / ANDROID_TOOLS


def test_the_runtime_refuses_a_vocabulary_of_ours_and_the_verdict_stays(exported_run: Run) -> None:
    record = read_json(exported_run.export_dir / "verification.json")
    [check] = [check for check in record["checks"] if check["name"] == NAME]
    assert NAME in RUN_CHECKS
    assert record["verdict"] == "passed"
    assert check["result"] == "failed"
    assert "No conversation can be opened." in check["detail"]
    assert "Unsupported vocabulary type for Fst-Constraints library" in check["detail"]
    with ModelSession(*exported(exported_run)) as session:
        assert session.request_constrained("hello").error is not None
        assert session.ask("hello").error is None


def test_a_file_with_another_kind_of_tokenizer_answers_without_a_constraint(exported_run: Run, tmp_path: Path) -> None:
    file, tools = exported(exported_run)
    with ModelSession(with_hf_tokenizer(file, exported_run.checkpoint / "tokenizer.json", tmp_path), tools) as session:
        rows = load_trained(exported_run).held_out[:2]
        constrained = ask_constrained(session.request_constrained, [row.message for row in rows])
    assert (len(constrained.answers), constrained.failure) == (2, None)
    assert constrained.loose_call in {tool["name"] for tool in json.loads(tools.read_text())}


def with_hf_tokenizer(file: Path, tokenizer: Path, folder: Path) -> Path:
    """The file with the checkpoint's tokenizer.json instead of its SentencePiece model."""
    bundle, made = read_bundle(file), folder / "hf.litertlm"
    for name, kind in (("metadata.pb", METADATA), ("model.tflite", MODEL)):
        section = bundle.find(kind)
        assert section is not None
        (folder / name).write_bytes(bundle.read(section))
    builder = litert_lm_builder.LitertLmFileBuilder()
    builder.add_system_metadata(litert_lm_builder.Metadata("Authors", "x", litert_lm_builder.DType.STRING))
    builder.add_llm_metadata(str(folder / "metadata.pb"))
    builder.add_hf_tokenizer(str(tokenizer))
    builder.add_tflite_model(str(folder / "model.tflite"), litert_lm_builder.TfLiteModelType.PREFILL_DECODE)
    with made.open("wb") as stream:
        builder.build(stream)
    return made
