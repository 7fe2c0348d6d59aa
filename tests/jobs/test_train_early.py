"""Early stopping ends a training for real, and the run says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.runs import Run, read_events, read_json
from job_templates.train import main
from tests.jobs.conftest import ROOT

INPUTS = ["--dataset", str(ROOT / "examples" / "hiking.csv"), "--tools", str(ROOT / "examples" / "tools.json")]
TOO_FAST = [
    "--max-examples",
    "16",
    "--batch-size",
    "8",
    "--epochs",
    "120",
    "--lr",
    "0.01",
    "--lr-scheduler",
    "constant",
    "--no-stay-silent",
]
STEPS_A_LOOK = 24


@pytest.mark.slow  # unit/runs/test_epochs.py holds its setting
def test_a_training_that_gets_worse_ends_early(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*INPUTS, *TOO_FAST, "--early-stopping", "1", "--output-repo", str(tmp_path / "run")])
    run = Run.open(tmp_path / "run")
    events = read_events(run.metrics_path)[0]
    looks = [event["match"] for event in events if event["event"] == "eval"]
    assert len(looks) < 10
    summary = read_json(run.training_path)
    assert looks[-1] <= max(looks[:-1]) == summary["held_out_match"]
    steps = [event for event in events if event["event"] == "step"]
    assert (
        summary["steps"]
        == steps[-1]["step"]
        == STEPS_A_LOOK * len(looks)
        < steps[-1]["steps"]
        == summary["planned_steps"]
    )
    assert summary["best_step"] <= summary["steps"] - STEPS_A_LOOK
    assert summary["stopped_early"]
    (stopped,) = [event for event in events if event["event"] == "stopped_early"]
    assert stopped["step"] == summary["steps"]
    assert f"Stopped early at step {summary['steps']}" in capsys.readouterr().out
