"""Breaking an operation off at every step, and what must hold before, after, and once it was done again."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path

from backend.jobs.huggingface.remote import read_remote, write_order
from backend.jobs.states import JobState, read_state, write_state
from backend.runs import FolderStore, Run, RunConfig, append_event, read_events, read_json, write_json
from backend.runs.sweep import sweep
from tests.broken_disk import RAISED, UNHARMED, Kind, faults, outcome
from tests.conftest import ROOT

ROWS, TOOLS = b"user_message,tool_calls\n" + b"hello,[]\n" * 300, b'[{"name": "t"}]'
HIKING, HIKING_TOOLS = ROOT / "examples/hiking.csv", ROOT / "examples/tools.json"
OLD, NEW = "20260101-000000-aaaa", "20260202-000000-bbbb"
STEP = {"event": "step", "stage": "train", "step": 1, "time": 1.0, "text": "x" * 100}
HIDDEN = {".uploads", ".queue", ".forgotten"}
LIVING = re.compile(r"[0-9a-f]{24}|key|\.key\.lock|\.days")


def old_run(root: Path) -> Run:
    run = Run.create(root / OLD, RunConfig(), HIKING, HIKING_TOOLS, "Old")
    for number in range(3):
        append_event(run.metrics_path, {**STEP, "step": number})
    write_json(run.evaluation_path, {"old": True})
    write_order(run, "ada", "cpu-basic", 3600)
    write_state(run, "train", JobState("completed", 1.0, 2.0, 0))
    return run


def whole(root: Path, run_id: str) -> bool:
    """Whether the run is there, and then it must be whole."""
    if run_id not in {entry.id for entry in FolderStore(root).list()}:
        assert not (root / run_id).exists()
        return False
    run = FolderStore(root).open(run_id)
    assert run.dataset_path.read_bytes() == HIKING.read_bytes()
    assert run.tools_path.read_bytes() == HIKING_TOOLS.read_bytes()
    return True


def old_run_is_whole(root: Path) -> Run:
    assert whole(root, OLD)
    run = FolderStore(root).open(OLD)
    steps = [event["step"] for event in read_events(run.metrics_path)[0] if event["event"] == "step"]
    assert steps[:3] == [0, 1, 2]
    assert read_json(run.evaluation_path)
    assert read_remote(run) is not None
    state = read_state(run, "train")
    assert state is not None
    assert state.state == "completed"
    return run


class Case(ABC):
    """An operation, what stands there before, and what must hold after it was broken off and after it was repeated."""

    def before(self, root: Path) -> None:
        old_run(root)

    def ready(self, root: Path) -> None:  # noqa: B027 - most cases use nothing up
        """Put in place what each try uses up."""

    @abstractmethod
    def act(self, root: Path) -> object: ...

    def broken(self, root: Path) -> None:
        old_run_is_whole(root)

    @abstractmethod
    def done(self, root: Path) -> None: ...


def nothing_is_left_over(root: Path) -> None:
    assert {path.name for path in root.iterdir() if path.name.startswith(".")} <= HIDDEN
    if (root / ".uploads").exists():
        assert [path.name for path in (root / ".uploads").iterdir() if not LIVING.fullmatch(path.name)] == []
    for path in root.rglob("*"):
        assert not re.search(r"\.tmp$|\.trash-|\.keeping-|\.results\.|\.checkpoint\.", path.name), path


def _given(folder: Path) -> None:
    """What operations read besides the runs."""
    (folder / "test.csv").write_bytes(ROWS)
    lines = [json.dumps({**STEP, "step": number}) for number in (0, 1, 2, 3, 4)]
    (folder / "fetched.jsonl").write_text("\n".join(lines) + "\n")
    results = folder / "results"
    (results / "jobs").mkdir(parents=True)
    (results / "evaluation.json").write_text(json.dumps({"new": "z" * 3000}))
    (results / "training.json").write_text(json.dumps({"trained": True}))
    (results / "jobs/train.json").write_text(json.dumps({"attempt": "a"}))
    shutil.copyfile(folder / "fetched.jsonl", results / "metrics.jsonl")


def break_off(case: Case, kind: Kind) -> None:
    """Break the case's operation off at every step, each time on a fresh copy of what stood before.

    All of it lies in memory where that is possible: so many fsyncs take minutes on a disk that others use.
    """
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        _break_off(case, kind, Path(folder))


def _break_off(case: Case, kind: Kind, folder: Path) -> None:
    _given(folder)
    template = folder / "template"
    template.mkdir()
    case.before(template)
    harmed = 0
    for fault in faults(kind):
        root = folder / "root"
        shutil.copytree(template, root, symlinks=True)
        case.ready(root)
        code = outcome(case.act, fault, root)
        assert code != RAISED, f"something other than InputError came out, with {fault}"
        case.broken(root)
        sweep(root)
        case.broken(root)
        nothing_is_left_over(root)
        case.ready(root)
        case.act(root)
        case.done(root)
        shutil.rmtree(root)
        if code == UNHARMED:
            break
        harmed += 1
    assert harmed > (0 if kind == "read-only" else 5), "no fault came about"
