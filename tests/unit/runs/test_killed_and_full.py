"""Whatever is written of runs is whole after a kill or a full disk at any moment, and can be done again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.data.csv.writing import write_csv
from backend.files import disk_errors
from backend.jobs import queue as turns
from backend.jobs.huggingface.deletion import delete
from backend.jobs.huggingface.log_sync import merge_events
from backend.jobs.huggingface.remote import read_remote, write_order
from backend.jobs.huggingface.results import _move
from backend.jobs.states import JobState, read_state, write_state
from backend.records import Call, Example
from backend.runs import FolderStore, Run, RunConfig, append_event, read_events, read_json, write_json
from backend.runs.folders import built_beside
from backend.runs.sweep import sweep
from tests.broken_disk import Kind
from tests.interrupted import (
    HIKING,
    HIKING_TOOLS,
    NEW,
    OLD,
    STEP,
    Case,
    break_off,
    nothing_is_left_over,
    old_run_is_whole,
    whole,
)


class CreateRun(Case):
    def act(self, root: Path) -> object:
        return None if (root / NEW).exists() else Run.create(root / NEW, RunConfig(), HIKING, HIKING_TOOLS, "New")

    def broken(self, root: Path) -> None:
        super().broken(root)
        whole(root, NEW)

    def done(self, root: Path) -> None:
        assert whole(root, NEW)


class DeleteRun(Case):
    def before(self, root: Path) -> None:
        super().before(root)
        Run.create(root / NEW, RunConfig(), HIKING, HIKING_TOOLS, "New")

    def act(self, root: Path) -> object:
        return FolderStore(root).delete(NEW) if (root / NEW).exists() else None

    def broken(self, root: Path) -> None:
        super().broken(root)
        whole(root, NEW)

    def done(self, root: Path) -> None:
        assert not whole(root, NEW)


class DeleteRemoteRun(DeleteRun):
    def act(self, root: Path) -> object:
        return delete(FolderStore(root), NEW) if (root / NEW).exists() else None

    def broken(self, root: Path) -> None:
        super().broken(root)
        assert (root / NEW).exists() or (root / ".forgotten" / NEW).exists()


class WriteDocument(Case):
    def act(self, root: Path) -> object:
        return write_json(root / OLD / "evaluation.json", {"new": "y" * 5000})

    def broken(self, root: Path) -> None:
        super().broken(root)
        assert read_json(root / OLD / "evaluation.json") in ({"old": True}, {"new": "y" * 5000})

    def done(self, root: Path) -> None:
        assert read_json(root / OLD / "evaluation.json") == {"new": "y" * 5000}


class AppendEvent(Case):
    def act(self, root: Path) -> object:
        return append_event(root / OLD / "metrics.jsonl", {**STEP, "step": 3})

    def done(self, root: Path) -> None:
        events = read_events(root / OLD / "metrics.jsonl")[0]
        assert [event["step"] for event in events] in ([0, 1, 2, 3], [0, 1, 2, 3, 3])


class MergeEvents(Case):
    def act(self, root: Path) -> object:
        return merge_events(FolderStore(root).open(OLD), root.parent / "fetched.jsonl")

    def done(self, root: Path) -> None:
        assert [event["step"] for event in read_events(root / OLD / "metrics.jsonl")[0]] == [0, 1, 2, 3, 4]


class WriteOrder(Case):
    def act(self, root: Path) -> object:
        return write_order(FolderStore(root).open(OLD), "ada", "a10g-small", 7200)

    def broken(self, root: Path) -> None:
        remote = read_remote(old_run_is_whole(root))
        assert remote is not None
        assert (remote.flavor, remote.timeout_seconds) in (("cpu-basic", 3600), ("a10g-small", 7200))

    def done(self, root: Path) -> None:
        remote = read_remote(FolderStore(root).open(OLD))
        assert remote is not None
        assert remote.flavor == "a10g-small"


class MoveResults(Case):
    def ready(self, root: Path) -> None:
        fetched = root.parent / "fetched"
        shutil.rmtree(fetched, ignore_errors=True)
        shutil.copytree(root.parent / "results", fetched)

    def act(self, root: Path) -> object:
        run = FolderStore(root).open(OLD)
        with disk_errors(run.path):  # as fetch_results does
            return _move(root.parent / "fetched", run)

    def broken(self, root: Path) -> None:
        run = old_run_is_whole(root)
        assert read_json(run.evaluation_path) in ({"old": True}, {"new": "z" * 3000})
        if run.training_path.exists():
            assert read_json(run.training_path) == {"trained": True}

    def done(self, root: Path) -> None:
        run = FolderStore(root).open(OLD)
        assert read_json(run.evaluation_path) == {"new": "z" * 3000}
        assert read_json(run.path / "jobs/train.json") == {"attempt": "a"}
        assert [event["step"] for event in read_events(run.metrics_path)[0]] == [0, 1, 2, 3, 4]


class WriteState(Case):
    def act(self, root: Path) -> object:
        return write_state(FolderStore(root).open(OLD), "export", JobState("failed", 1.0, 2.0, 1, "w" * 3000))

    def done(self, root: Path) -> None:
        state = read_state(FolderStore(root).open(OLD), "export")
        assert state is not None
        assert state.message == "w" * 3000


class WriteRows(Case):
    def act(self, root: Path) -> object:
        row = Example("a", 2, "hello", (Call("t", {}),))
        return write_csv([row] * 200, root / OLD / "inputs/train.csv")

    def broken(self, root: Path) -> None:
        super().broken(root)
        path = root / OLD / "inputs/train.csv"
        assert not path.exists() or len(path.read_text().splitlines()) == 201

    def done(self, root: Path) -> None:
        assert len((root / OLD / "inputs/train.csv").read_text().splitlines()) == 201


class BuildFolder(Case):
    def act(self, root: Path) -> object:
        if (root / OLD / "checkpoint").exists():
            return None
        with built_beside(root / OLD / "checkpoint") as building:
            (building / "adapter").mkdir()
            (building / "adapter/one").write_bytes(b"1" * 3000)
            (building / "two").write_bytes(b"2")
        return None

    def broken(self, root: Path) -> None:
        super().broken(root)
        if (root / OLD / "checkpoint").exists():
            self.done(root)

    def done(self, root: Path) -> None:
        assert (root / OLD / "checkpoint/adapter/one").read_bytes() == b"1" * 3000
        assert (root / OLD / "checkpoint/two").read_bytes() == b"2"


class EnterQueue(Case):
    def act(self, root: Path) -> object:
        return turns.enter(root / ".queue").leave()

    def done(self, root: Path) -> None:
        ticket = turns.enter(root / ".queue")
        assert ticket.ahead() == 0
        ticket.leave()


class Sweep(Case):
    def before(self, root: Path) -> None:
        super().before(root)
        for name in (f".{NEW}.abcdefgh", ".trash-0123456789ab", f"{OLD}/.keeping-abcdefgh", f"{OLD}/.results.abcdefgh"):
            (root / name / "inside").mkdir(parents=True)
            (root / name / "inside/file").touch()
        (root / OLD / "stages/.train.json.01234567.tmp").touch()

    def act(self, root: Path) -> object:
        return sweep(root)

    def done(self, root: Path) -> None:
        nothing_is_left_over(root)


CASES: list[Case] = [
    CreateRun(), DeleteRun(), DeleteRemoteRun(), WriteDocument(), AppendEvent(), MergeEvents(), WriteOrder(),
    MoveResults(), WriteState(), WriteRows(), BuildFolder(), EnterQueue(), Sweep(),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["killed", "full", "read-only"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case).__name__)
def test_broken_off_at_any_moment(case: Case, kind: Kind) -> None:
    break_off(case, kind)
