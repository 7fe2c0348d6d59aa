"""Runs with prepared results on the same held-out rows: nothing is trained."""

from __future__ import annotations

from backend.jobs import JobState, write_state
from backend.runs import FolderStore, Run, RunConfig, write_json
from tests.conftest import ROOT
from tests.documents import training, verification
from tests.scripted import scripted_evaluation

EXAMPLES = ROOT / "examples"


def several_runs(store: FolderStore, mark: str = "") -> dict[str, Run]:
    """Four runs by name: "good" has 114 of 120 rows right, "close" 110, "bad" 60; "new" has nothing yet.

    "good" calls tools for each third off-topic message, "close" for each tenth, "bad" for each eighth. "close" has an
    exported file. The names of the runs end with `mark`.
    """
    runs = {
        "good": _run(store, f"good{mark}", RunConfig(epochs=30), 4),
        "close": _run(store, f"close{mark}", RunConfig(epochs=10), 64.0),
        "bad": _run(store, f"bad{mark}", RunConfig(epochs=1, lr=0.01), 3_700),
        "new": store.create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", f"new{mark}"),
    }
    for name, wrong, calls_each in (
        ("good", set(range(6)), 3),
        ("close", set(range(3, 13)), 10),
        ("bad", set(range(0, 120, 2)), 8),
    ):
        found = scripted_evaluation(lambda at, wrong=wrong: at not in wrong, calls_each)
        write_json(runs[name].evaluation_path, found.to_dict())
    runs["close"].export_dir.mkdir()
    (runs["close"].export_dir / "close.litertlm").write_bytes(b"x" * 123_456)
    write_json(runs["close"].export_dir / "verification.json", verification(file="close.litertlm"))
    return runs


def _run(store: FolderStore, name: str, config: RunConfig, seconds: float) -> Run:
    """A run that looks trained; its training took that many seconds."""
    run = store.create(config, EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", name)
    run.checkpoint.mkdir()
    (run.checkpoint / "model.safetensors").write_bytes(b"x")
    write_json(run.training_path, training())
    write_state(run, "train", JobState("completed", 1_000.0, 1_000.0 + seconds, 0))
    write_state(run, "evaluate", JobState("completed", 2_000.0, 2_001.0, 0))
    return run
