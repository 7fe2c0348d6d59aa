"""Which state of an unfinished training is the one to go on from."""

from __future__ import annotations

from pathlib import Path

from backend.runs import Run, RunConfig
from backend.runs.saved_state import STATE_FILE, SavedState, last_saved_state
from tests.conftest import ROOT


def test_the_newest_whole_state_is_taken(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")
    assert last_saved_state(run) is None
    states = {5: '{"global_step": 5}', 9: '{"global_step": 9}', 11: '{"global_st', 12: None}
    for step, text in states.items():
        folder = run.resume / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        if text is not None:
            (folder / STATE_FILE).write_text(text, encoding="utf-8")
    (run.resume / "runs").mkdir()
    assert last_saved_state(run) == SavedState(run.resume / "checkpoint-9", 9)
