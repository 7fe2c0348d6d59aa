"""train.py on the example set: what it leaves behind, what it refuses, and how it stops."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from backend.errors import InputError
from backend.runs import Run, RunConfig, read_events, read_json
from job_templates.ml.litert.verify.trained import prompt_of_checkpoint
from job_templates.ml.models.device import choose_precision
from job_templates.ml.models.source import find_source
from job_templates.train import main
from tests.jobs.conftest import ROOT, run_script
from tests.waiting import wait_until

DATASET, TOOLS = ROOT / "examples" / "hiking.csv", ROOT / "examples" / "tools.json"
SMALL = ("--max-examples", "24", "--epochs", "2", "--batch-size", "8")


def train(folder: Path, *flags: str, dataset: Path = DATASET) -> Run:
    main(["--dataset", str(dataset), "--tools", str(TOOLS), "--output-repo", str(folder), *flags])
    return Run.open(folder)


def step_losses(run: Run) -> list[float]:
    return [event["loss"] for event in read_events(run.metrics_path)[0] if event["event"] == "step"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(tmp_path_factory.mktemp("trained") / "run", *SMALL)


def test_a_run_holds_its_inputs_split_checkpoint_and_summary(trained: Run) -> None:
    split = read_json(trained.split_path)
    assert len(split["train"]) == 24
    assert 0 < len(split["test"]) <= 24
    assert not set(split["train"]) & set(split["test"])
    for part in ("train", "test"):
        with (trained.inputs / f"{part}.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(split[part])
    names = {path.name for path in trained.checkpoint.iterdir()}
    assert names >= {
        "model.safetensors", "config.json", "generation_config.json", "tokenizer.model", "tokenizer.json",
        "tokenizer_config.json", "chat_template.jinja", "README.md",
    }  # fmt: skip
    summary = read_json(trained.training_path)
    assert (summary["rows"], summary["off_topic_rows"], summary["test_rows"]) == (24, 10, len(split["test"]))
    assert summary["steps"] == 8  # 34 rows in batches of 11, so that each has about 8 of the 24 own ones, twice
    assert (summary["epochs"], summary["method"]) == (2, "full")
    assert (summary["device"], summary["precision"]) == ("cpu", choose_precision().name)
    assert summary["final_loss"] < step_losses(trained)[0]
    assert "Not measured yet" in (trained.checkpoint / "README.md").read_text(encoding="utf-8")


def test_the_events_tell_the_whole_story(trained: Run) -> None:
    events = read_events(trained.metrics_path)[0]
    stages = [event["state"] for event in events if event["event"] == "stage"]
    assert stages == ["started", "done"]
    last = [event for event in events if event["event"] == "step"][-1]
    assert (last["step"], last["steps"], last["eta"]) == (8, 8, 0)
    assert last.keys() >= {"epoch", "loss", "lr", "grad_norm", "tokens", "tokens_saved", "seconds"}
    looks = [event for event in events if event["event"] == "eval"]
    assert looks[-1]["step"] == 8
    summary = read_json(trained.training_path)
    best = max(looks, key=lambda event: event["match"])
    assert (best["loss"], best["match"]) == (summary["held_out_loss"], summary["held_out_match"])
    assert best["step"] == summary["best_step"]


def test_the_same_seed_gives_the_same_weights(trained: Run, tmp_path: Path) -> None:
    again = train(tmp_path / "again", *SMALL)
    other = train(tmp_path / "other", *SMALL, "--seed", "7")
    weights, same, different = (
        load_file(run.checkpoint / "model.safetensors")["model.norm.weight"] for run in (trained, again, other)
    )
    assert torch.equal(weights, same)
    assert not torch.equal(weights, different)


def test_full_declarations_stand_once_in_a_step(tmp_path: Path) -> None:
    summary = read_json(train(tmp_path / "run", *SMALL, "--declarations", "full").training_path)
    assert summary["tokens_saved"] > 3 * summary["tokens"]
    assert summary["max_seq_length"] > 200


def test_any_other_base_gets_an_adapter_that_is_merged(trained: Run, tmp_path: Path) -> None:
    run = train(tmp_path / "run", *SMALL, "--base-model", str(trained.checkpoint), "--lora-r", "4", "--lr", "5e-3")
    adapter = load_file(run.checkpoint / "adapter" / "adapter_model.safetensors")
    config = read_json(run.checkpoint / "adapter" / "adapter_config.json")
    assert (config["r"], config["lora_alpha"]) == (4, 32)
    base, merged = (load_file(source.checkpoint / "model.safetensors") for source in (trained, run))
    name = "model.layers.1.mlp.up_proj"
    low, high = (adapter[f"base_model.model.{name}.lora_{side}.weight"] for side in "AB")
    expected = base[f"{name}.weight"] + (32 / 4) * high @ low
    torch.testing.assert_close(merged[f"{name}.weight"], expected, rtol=1e-5, atol=1e-6)
    assert merged.keys() == base.keys()
    assert (run.checkpoint / "tokenizer.model").read_bytes() == (trained.checkpoint / "tokenizer.model").read_bytes()
    AutoModelForCausalLM.from_pretrained(run.checkpoint)
    assert read_json(run.training_path)["method"] == "lora"

    moved = shutil.copytree(run.checkpoint / "adapter", tmp_path / "elsewhere")
    source = find_source(str(moved))
    assert (source.adapter, source.weights, source.run) == (moved, trained.checkpoint, None)
    assert prompt_of_checkpoint(source) == ("native", (run.checkpoint / "chat_template.jinja").read_text())
    assert not (moved / "README.md").exists()


def test_a_run_that_the_app_prepared_is_trained_in_place(tmp_path: Path) -> None:
    config = RunConfig(epochs=2, batch_size=8, max_examples=24)
    run = Run.create(tmp_path / "run", config, DATASET, TOOLS, name="Prepared")
    (run.path / "logs").mkdir()
    with pytest.raises(InputError, match=r"other settings \(--epochs, --lora-r\)"):
        train(run.path, *SMALL[:2], "--epochs", "3", "--batch-size", "8", "--lora-r", "8")
    with pytest.raises(InputError, match=r"another dataset\.csv"):
        train(run.path, *SMALL, dataset=other_dataset(tmp_path))
    assert train(run.path, *SMALL).name == "Prepared"
    with pytest.raises(InputError, match="has been trained already"):
        train(run.path, *SMALL)


def other_dataset(folder: Path) -> Path:
    path = folder / "other.csv"
    path.write_text(DATASET.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    return path


def test_a_length_that_cuts_answers_is_refused_with_the_one_that_does_not(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="would cut the answer") as refused:
        train(tmp_path / "short", *SMALL, "--max-seq-length", "20")
    needed = re.search(r"needs (\d+) tokens", str(refused.value))
    assert needed is not None
    run = train(tmp_path / "long", *SMALL, "--max-seq-length", needed.group(1))
    assert read_json(run.training_path)["max_seq_length"] == int(needed.group(1))
    events = read_events(tmp_path / "short" / "metrics.jsonl")[0]
    assert events[-1]["state"] == "failed"
    assert "would cut the answer" in events[-1]["message"]


def test_faulty_input_is_refused_before_any_work(tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text('user_message,tool_calls\nhi,"[{""name"": ""no_such_tool"", ""args"": {}}]"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"broken\.csv, line 2.*|no_such_tool"):
        train(tmp_path / "one", dataset=broken)
    with pytest.raises(InputError, match="is not a folder on this machine"):
        train(tmp_path / "two", *SMALL, "--base-model", "./nowhere")
    with pytest.raises(InputError, match="There is no file"):
        train(tmp_path / "three", dataset=tmp_path / "missing.csv")
    with pytest.raises(InputError, match="not the name of a Hub repository"):
        main(["--dataset", str(DATASET), "--tools", str(TOOLS), "--output-repo", "no-folder"])


def test_help_and_wrong_usage() -> None:
    told = run_script("train", "--help")
    assert told.returncode == 0
    for flag in ("dataset", "tools", "output-repo", *RunConfig.__dataclass_fields__):
        assert f"--{flag.replace('_', '-')}" in told.stdout
    assert "starter 25" in told.stdout
    wrong = run_script("train", "--epochs", "many")
    assert wrong.returncode == 2
    assert "usage:" in wrong.stderr


@pytest.mark.slow  # tests/unit/test_progress.py holds the log; other tests here hold the exit code
def test_the_command_logs_to_trackio_and_ends_with_zero(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "job_templates" / "train.py", "--dataset", DATASET, "--tools", TOOLS]
    command += ["--output-repo", tmp_path / "run", "--trackio-project", "hikes", *SMALL]
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path / "trackio")}
    done = subprocess.run(
        [str(part) for part in command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "held out" in done.stdout
    assert "step 8 of 8" in done.stdout
    (database,) = (tmp_path / "trackio").glob("hikes*.db")
    with sqlite3.connect(database) as tables:
        logged = [json.loads(row[0]) for row in tables.execute("select metrics from metrics order by step")]
    assert len([entry for entry in logged if "loss" in entry]) == 8
    assert any("eval_loss" in entry for entry in logged)


@pytest.mark.slow  # test_export.py holds a command that is stopped, test_train_resume.py a training
def test_a_terminated_run_says_so_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "job_templates" / "train.py", "--dataset", DATASET, "--tools", TOOLS]
    command += ["--output-repo", tmp_path / "run", "--epochs", "500"]
    process = subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True)
    metrics = tmp_path / "run" / "metrics.jsonl"
    wait_until(
        lambda: process.poll() is not None or any(event["event"] == "step" for event in read_events(metrics)[0]), 300
    )
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "the process was terminated" in errors
    last = read_events(metrics)[0][-1]
    assert (last["event"], last["state"]) == ("stage", "failed")
    assert not (tmp_path / "run" / "checkpoint").exists()
    assert not (tmp_path / "run" / "training.json").exists()


def test_in_a_job_trackio_is_refused_as_its_disk_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "job_templates" / "train.py", "--dataset", ROOT / "examples" / "hiking.csv"]
    command += ["--tools", ROOT / "examples" / "tools.json", "--output-repo", tmp_path / "run"]
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path / "trackio"), "JOB_ID": "abc"}
    done = subprocess.run(
        [*command, "--trackio-project", "hikes"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: --trackio-project writes to the disk of this machine")
    assert not (tmp_path / "run").exists()
