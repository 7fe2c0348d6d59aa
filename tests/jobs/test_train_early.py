"""Early stopping ends a training for real, and the run says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.runs import Run, read_events, read_json
from job_templates.train import main
from tests.jobs.conftest import ROOT

INPUTS = ["--dataset", str(ROOT / "examples" / "hiking.csv"), "--tools", str(ROOT / "examples" / "tools.json")]
TOO_FAST = ["--max-examples", "16", "--batch-size", "8", "--epochs", "10", "--lr", "0.3", "--lr-scheduler", "constant"]


def test_a_training_that_gets_worse_ends_early(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([*INPUTS, *TOO_FAST, "--early-stopping", "2", "--output-repo", str(tmp_path / "run")])
    run = Run.open(tmp_path / "run")
    events = read_events(run.metrics_path)[0]
    looks = [event["loss"] for event in events if event["event"] == "eval"]
    assert len(looks) < 10
    summary = read_json(run.training_path)
    assert min(looks[-2:]) >= min(looks[:-2]) == summary["held_out_loss"]
    steps = [event for event in events if event["event"] == "step"]
    assert summary["steps"] == steps[-1]["step"] == 2 * len(looks) < steps[-1]["steps"] == summary["planned_steps"]
    assert summary["best_step"] <= summary["steps"] - 4
    assert summary["stopped_early"]
    (stopped,) = [event for event in events if event["event"] == "stopped_early"]
    assert stopped["step"] == summary["steps"]
    assert f"Stopped early at step {summary['steps']}" in capsys.readouterr().out
