"""export.py on a small trained starter: the file, what is said about it, and what is refused."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file

from backend.device.recipes import RECIPES
from backend.errors import InputError
from backend.prompts import get_format
from backend.records import Tool
from backend.runs import Run, RunConfig, read_events, read_json, write_json
from backend.tokens import train_starter_tokenizer
from job_templates.export import main
from job_templates.ml.litert.bundle.bundle import read_bundle
from job_templates.ml.litert.convert.convert_worker import Preparation, prepare
from job_templates.ml.litert.convert.recipes import find_recipe, library_recipes
from job_templates.ml.litert.verify.trained import MOST_OFF_TOPIC, load_trained
from job_templates.ml.models.checkpoint import save_checkpoint
from job_templates.ml.models.source import find_source
from job_templates.ml.models.starter import fast_tokenizer, new_starter
from tests.jobs.conftest import ROOT, run_script
from tests.waiting import wait_until

FILE = "hiking_q8_ekv1024.litertlm"


@pytest.fixture(scope="module")
def untrained_json_run(exported_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same rows in the JSON format, four of them held out, with random weights: answers that cannot be read."""
    path = tmp_path_factory.mktemp("json") / "run"
    config = RunConfig(prompt_format="json", declarations="names")
    run = Run.create(path, config, exported_run.dataset_path, exported_run.tools_path, "Untrained: JSON!")
    trained = load_trained(exported_run)
    split = read_json(exported_run.split_path)
    write_json(run.split_path, {**split, "test": split["test"][:4]})
    fmt = get_format("json", "names")
    tokenizer_model = train_starter_tokenizer([fmt.prompt(trained.tools, row.message) for row in trained.rows], path)
    tokenizer = fast_tokenizer(tokenizer_model)
    save_checkpoint(run.checkpoint, new_starter(len(tokenizer), 1), tokenizer, tokenizer_model, trained.tools, fmt)
    return run


def test_the_export_passed_and_says_what_it_found(exported_run: Run) -> None:
    record = read_json(exported_run.export_dir / "verification.json")
    assert (record["schema"], record["file"], record["verdict"]) == (1, FILE, "passed")
    assert record["bytes"] == (exported_run.export_dir / FILE).stat().st_size
    assert re.fullmatch(r"[0-9a-f]{64}", record["sha256"])
    results = {check["name"]: check["result"] for check in record["checks"]}
    assert results.pop("constrained decoding") == "failed"
    assert set(results.values()) == {"passed"}
    assert [section["kind"] for section in record["sections"]] == ["LlmMetadataProto", "SP_Tokenizer", "TFLiteModel"]
    rows = len(read_json(exported_run.split_path)["test"])
    off_topic = record["off_topic"]
    assert off_topic["calls"]["n"] == len(off_topic["rows"]) == MOST_OFF_TOPIC
    assert off_topic["calls"]["k"] < MOST_OFF_TOPIC / 2  # of the starter without such rows in its training: all
    assert sum(not row["raw"] for row in off_topic["rows"]) > MOST_OFF_TOPIC / 3
    answers = next(check["detail"] for check in record["checks"] if check["name"] == "answers")
    assert answers.startswith(f"{rows + MOST_OFF_TOPIC} answers, ")
    assert record["rows"] == record["accuracy"]["n"] == record["checkpoint_agreement"]["rows"] == rows
    assert record["checkpoint_agreement"]["same"] >= 0.9 * rows
    assert record["accuracy"]["parse"]["k"] >= 0.9 * rows
    assert record["runtime"].startswith("litert-lm-api ")
    assert record["context"] == 1024  # auto: the rows need less
    conversion = record["conversion"]
    assert (conversion["recipe"], conversion["prefill_lengths"]) == ("dynamic_int8", [32, 256])
    assert conversion["seconds"] > 0
    assert 100 < conversion["peak_memory_mb"] < 8000
    for name in ("load_seconds", "first_token_seconds", "decode_tokens_per_second", "peak_memory_mb"):
        assert record[name] > 0


def test_the_documentation_names_every_key_and_check(exported_run: Run) -> None:
    record = read_json(exported_run.export_dir / "verification.json")
    documented = (ROOT / "docs" / "verification.md").read_text(encoding="utf-8")
    names = [*record, *(check["name"] for check in record["checks"])]
    assert [name for name in names if f"`{name}`" not in documented] == []


def test_nothing_else_is_left_in_the_folder(exported_run: Run) -> None:
    left = sorted(path.name for path in exported_run.export_dir.iterdir())
    assert left == [FILE, "tools_android.json", "verification.json"]
    card = (exported_run.checkpoint / "README.md").read_text(encoding="utf-8")
    assert f"## On a phone: {FILE}" in card
    assert "return" not in json.loads((exported_run.export_dir / "tools_android.json").read_text(encoding="utf-8"))[0]


def test_the_log_is_for_people_and_the_events_for_the_page(exported_run: Run) -> None:
    log = exported_run.log_path("export").read_text(encoding="utf-8")
    assert f"{FILE}: verification passed." in log
    assert "Converting to LiteRT" in log
    assert not re.search(r"warning|traceback|\[START\]|I0000|E0000", log, re.IGNORECASE)
    events = [event for event in read_events(exported_run.metrics_path)[0] if event["stage"] == "export"]
    assert (events[0]["state"], events[-1]["state"]) == ("started", "done")
    steps = [event for event in events if event["event"] == "progress"]
    assert list(dict.fromkeys(step["phase"] for step in steps)) == ["load", "convert", "quantize", "package", "verify"]
    for phase in ("load", "convert", "quantize", "package", "verify"):
        of_phase = [step for step in steps if step["phase"] == phase]
        assert of_phase[0]["done"] == 0
        assert of_phase[-1]["done"] == of_phase[-1]["total"]


def test_the_file_describes_itself_for_a_phone(exported_run: Run) -> None:
    metadata = read_bundle(exported_run.export_dir / FILE).metadata()
    gemma = metadata.llm_model_type.function_gemma
    assert gemma.use_template_for_fc_format
    assert (gemma.code_fence_start, gemma.code_fence_end) == ("<start_function_call>", "<end_function_call>")
    assert gemma.function_response_start == "<start_function_response>"
    assert gemma.constraint_mode == 0  # unspecified: rows without a call must stay possible
    assert metadata.supports_function_calling
    assert list(metadata.start_token.token_ids.ids) == [2]
    assert {token.token_str for token in metadata.stop_tokens} == {
        "<eos>",
        "<end_of_turn>",
        "<start_function_response>",
    }
    assert metadata.max_num_tokens == 1024
    assert (metadata.sampler_params.k, metadata.sampler_params.type) == (1, 2)  # TOP_P
    assert metadata.jinja_prompt_template == (exported_run.checkpoint / "chat_template.jinja").read_text("utf-8")


@pytest.mark.slow  # test_verify.py and test_verify_judging.py hold what fails; the tests above hold a whole export
def test_a_bad_model_is_exported_and_marked_as_failed(untrained_json_run: Run, tmp_path: Path) -> None:
    size = ("--quantize", "none", "--prefill-seq-len", "64, 32", "--kv-cache-max-len", "512")
    done = run_script("export", "--model", untrained_json_run.path, "--output-repo", tmp_path, *size)
    assert done.returncode == 1
    assert done.stderr == ""
    record = read_json(tmp_path / "export" / "verification.json")
    assert record["conversion"]["prefill_lengths"] == [32, 64]
    assert record["file"] == "Untrained-JSON_f32_ekv512.litertlm"
    assert (tmp_path / "export" / record["file"]).is_file()
    results = {check["name"]: check["result"] for check in record["checks"]}
    assert record["verdict"] == "failed"
    assert results["readable"] == "failed" or results["answers"] == "failed"
    assert results["prompt as trained"] == results["tools in any order"] == results["type"] == "passed"
    assert results["calls in an app"] == "could not check"
    metadata = read_bundle(tmp_path / "export" / record["file"]).metadata()
    assert metadata.llm_model_type.WhichOneof("model_type") == "generic_model"
    assert not metadata.supports_function_calling
    last = [event for event in read_events(untrained_json_run.metrics_path)[0] if event["event"] == "stage"][-1]
    assert last["state"] == "failed"


def test_a_prompt_too_long_for_the_cache_is_refused_with_the_cache_that_would_do(exported_run: Run) -> None:
    needed = load_trained(exported_run).longest()
    assert 32 < needed < 64
    with pytest.raises(InputError, match=f"has {needed} tokens.*--kv-cache-max-len 64"):
        main(["--model", str(exported_run.path), "--kv-cache-max-len", "32"])
    assert (exported_run.export_dir / FILE).is_file()


@pytest.mark.slow  # tests/unit/runs/test_killed_and_full.py holds what is written half
def test_a_stopped_export_leaves_nothing_behind(exported_run: Run, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "job_templates" / "export.py"), "--model", str(exported_run.checkpoint)]
    process = subprocess.Popen(
        [*command, "--output-repo", str(tmp_path)], stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Reading the checkpoint" in line:
            wait_until(lambda: psutil.Process(process.pid).children())  # the process that converts
            process.send_signal(signal.SIGTERM)
    assert process.wait() == 143
    process.stdout.close()
    assert list((tmp_path / "export").iterdir()) == []


def test_adapters_are_merged_in_float32(tmp_path: Path) -> None:
    tools = [Tool("a", "A")]
    fmt = get_format("native", "none")
    tokenizer_model = train_starter_tokenizer(["turn the lamp on in the hall", "call:a{}"], tmp_path)
    tokenizer = fast_tokenizer(tokenizer_model)
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    model = new_starter(len(tokenizer), 3)
    save_checkpoint(base, model, tokenizer, tokenizer_model, tools, fmt)
    tuned = get_peft_model(model, LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj"], init_lora_weights=False))
    tuned.peft_config["default"].base_model_name_or_path = str(base)
    tuned.save_pretrained(adapter)
    source = find_source(str(adapter))
    assert (source.weights, source.adapter, source.name) == (base, adapter, "adapter")
    merged = prepare(source.weights, Preparation(adapter), tmp_path / "merged")
    assert (merged / "tokenizer.json").is_file()
    before, after = (load_file(folder / "model.safetensors") for folder in (base, merged))
    parts = load_file(adapter / "adapter_model.safetensors")
    name = "model.layers.0.self_attn.q_proj"
    low, high = (parts[f"base_model.model.{name}.lora_{part}.weight"] for part in "AB")
    torch.testing.assert_close(after[f"{name}.weight"], before[f"{name}.weight"] + 2 * high @ low)
    assert after["model.embed_tokens.weight"].dtype == torch.float32


def test_every_recipe_of_the_library_can_be_named() -> None:
    names = library_recipes()
    assert {recipe.library_name for recipe in RECIPES.values()} - {""} <= set(names)
    assert find_recipe("dynamic_wi4b64_afp32").suffix == "wi4b64"
    suffixes = [find_recipe(name).suffix for name in [*RECIPES, *names]]
    assert len(set(suffixes)) == len(suffixes)


def test_the_help_names_every_flag() -> None:
    shown = run_script("export", "--help")
    assert shown.returncode == 0
    for flag in ("model", "output-repo", "output-name-prefix", "prefill-seq-len", "kv-cache-max-len", "quantize"):
        assert f"--{flag}" in shown.stdout
    assert run_script("export").returncode == 2
