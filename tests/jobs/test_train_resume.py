"""A training that is cut off goes on from its last saved point, with the same rows in the same order."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from backend.runs import Run, append_event, read_events, read_json
from backend.runs.saved_state import last_saved_state
from job_templates.ml.run.options import config_from
from job_templates.train import main, parser
from tests.jobs.conftest import ROOT
from tests.waiting import wait_until

INPUTS = ["--dataset", str(ROOT / "examples" / "hiking.csv"), "--tools", str(ROOT / "examples" / "tools.json")]
SIZE = ["--max-examples", "40", "--epochs", "12", "--batch-size", "8", "--checkpoint-minutes", "0.02"]
STEPS = 60


def command(folder: Path) -> list[str]:
    return [*INPUTS, *SIZE, "--output-repo", str(folder)]


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in read_events(folder / "metrics.jsonl")[0] if event["event"] == kind]


def start_and_stop(folder: Path, step: int, number: signal.Signals) -> None:
    """Start train.py, and end it once it has come to the step."""
    script = [sys.executable, str(ROOT / "job_templates" / "train.py"), *command(folder)]
    process = subprocess.Popen(script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(
        lambda: process.poll() is not None or any(event["step"] >= step for event in events(folder, "step")), 300
    )
    process.send_signal(number)
    process.wait(timeout=60)
    assert process.returncode in (-number, 143)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    main(command(folder))
    return Run.open(folder)


@pytest.mark.slow  # tests/hub/test_road.py resumes a training; test_train_waiting.py and test_train.py hold its parts
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_training_ends_as_an_unbroken_one_does(unbroken: Run, tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "run"
    start_and_stop(folder, random.randrange(1, STEPS - 10), number)
    run = Run.open(folder)
    assert not run.checkpoint.exists()
    kept = last_saved_state(run)
    main([*command(folder), "--resume"])
    assert [event["step"] for event in events(folder, "resume")] == ([kept.step] if kept else [])
    summary, expected = read_json(run.training_path), read_json(unbroken.training_path)
    for same in ("steps", "best_step", "rows", "tokens", "tokens_saved"):
        assert summary[same] == expected[same]
    for close in ("final_loss", "held_out_loss", "held_out_match"):
        assert summary[close] == pytest.approx(expected[close], rel=1e-4)
    weights, wanted = (load_file(one.checkpoint / "model.safetensors") for one in (run, unbroken))
    for name, tensor in wanted.items():
        torch.testing.assert_close(weights[name], tensor, rtol=1e-3, atol=1e-5)
    assert not run.resume.exists()


@pytest.mark.slow  # unit/runs holds the state of a run
def test_a_finished_training_is_left_as_it_is(unbroken: Run, capsys: pytest.CaptureFixture[str]) -> None:
    before = (unbroken.checkpoint / "model.safetensors").stat().st_mtime_ns
    main([*command(unbroken.path), "--resume"])
    assert "trained already" in capsys.readouterr().out
    assert (unbroken.checkpoint / "model.safetensors").stat().st_mtime_ns == before


def test_without_resume_a_cut_off_training_begins_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = [*INPUTS, "--output-repo", str(tmp_path / "run"), "--max-examples", "8", "--epochs", "1"]
    run = Run.create(
        tmp_path / "run",
        config_from(parser().parse_args(small)),
        ROOT / "examples" / "hiking.csv",
        ROOT / "examples" / "tools.json",
    )
    (run.resume / "checkpoint-5").mkdir(parents=True)
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "started"})
    main(small)
    assert "A new one starts" in capsys.readouterr().out
    assert not events(run.path, "resume")
    assert run.checkpoint.exists()
