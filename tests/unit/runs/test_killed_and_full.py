"""Whatever is written is whole after a kill or a full disk at any moment, and can be done again."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from backend.data.writing import write_csv
from backend.jobs import turns
from backend.jobs.huggingface.finding import delete
from backend.jobs.huggingface.journal import merge_events
from backend.jobs.huggingface.remote import read_remote, write_order
from backend.jobs.huggingface.results import _move
from backend.jobs.states import JobState, read_state, write_state
from backend.records import Call, Example
from backend.runs import FolderStore, Run, RunConfig, append_event, read_events, read_json, write_json
from backend.runs.files import disk_errors
from backend.runs.folders import built_beside
from backend.runs.sweep import sweep
from tests.broken_disk import RAISED, UNHARMED, Kind, faults, outcome
from tests.conftest import ROOT
from ui.drafts import DAYS, KEPT_DAYS, KEPT_SECONDS, Drafts

ROWS, TOOLS = b"user_message,tool_calls\n" + b"hello,[]\n" * 300, b'[{"name": "t"}]'
OLD_ROWS = b"user_message,tool_calls\nold,[]\n"
HIKING, HIKING_TOOLS = ROOT / "examples/hiking.csv", ROOT / "examples/tools.json"
OLD, NEW = "20260101-000000-aaaa", "20260202-000000-bbbb"
STEP = {"event": "step", "stage": "train", "step": 1, "time": 1.0, "text": "x" * 100}
HIDDEN = {".uploads", ".queue", ".forgotten"}
LIVING = re.compile(r"[0-9a-f]{24}|key|\.key\.lock|\.days")


def _old_run(root: Path) -> Run:
    run = Run.create(root / OLD, RunConfig(), HIKING, HIKING_TOOLS, "Old")
    for number in range(3):
        append_event(run.metrics_path, {**STEP, "step": number})
    write_json(run.evaluation_path, {"old": True})
    write_order(run, "ada", "cpu-basic", 3600)
    write_state(run, "train", JobState("completed", 1.0, 2.0, 0))
    return run


def _whole(root: Path, run_id: str) -> bool:
    """Whether the run is there, and then it must be whole."""
    if run_id not in {entry.id for entry in FolderStore(root).list()}:
        assert not (root / run_id).exists()
        return False
    run = FolderStore(root).open(run_id)
    assert run.dataset_path.read_bytes() == HIKING.read_bytes()
    assert run.tools_path.read_bytes() == HIKING_TOOLS.read_bytes()
    return True


def _old_run_is_whole(root: Path) -> Run:
    assert _whole(root, OLD)
    run = FolderStore(root).open(OLD)
    steps = [event["step"] for event in read_events(run.metrics_path)[0] if event["event"] == "step"]
    assert steps[:3] == [0, 1, 2]
    assert read_json(run.evaluation_path)
    assert read_remote(run) is not None
    state = read_state(run, "train")
    assert state is not None
    assert state.state == "completed"
    return run


class Case:
    """An operation, what stands there before, and what must hold after it was broken off and after it was repeated."""

    def before(self, root: Path) -> None:
        _old_run(root)

    def ready(self, root: Path) -> None:
        """Put in place what each try uses up."""

    def act(self, root: Path) -> object:
        raise NotImplementedError

    def broken(self, root: Path) -> None:
        _old_run_is_whole(root)

    def done(self, root: Path) -> None:
        raise NotImplementedError


class AddDraft(Case):
    def before(self, root: Path) -> None:
        Drafts(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def act(self, root: Path) -> object:
        given = root.parent / "test.csv"
        return Drafts(root / ".uploads").add(ROWS, TOOLS, "rows.csv", test=given)

    def broken(self, root: Path) -> None:
        drafts = Drafts(root / ".uploads")
        contents = [drafts.open(path.name).dataset.read_bytes() for path in _drafts(root)]
        assert contents.count(OLD_ROWS) == 1
        assert set(contents) <= {OLD_ROWS, ROWS}
        for path in _drafts(root):
            source = drafts.open(path.name)
            assert source.tools.read_bytes() == TOOLS
            if source.dataset.read_bytes() == ROWS:
                assert source.test is not None
                assert source.test.read_bytes() == ROWS

    def done(self, root: Path) -> None:
        self.broken(root)
        assert len(_drafts(root)) == 2


class MakeKey(Case):
    KEY = b""

    def before(self, root: Path) -> None:
        (root / ".uploads").mkdir()

    def act(self, root: Path) -> object:
        return Drafts(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def broken(self, root: Path) -> None:
        key = root / ".uploads/key"
        assert not key.exists() or key.stat().st_size in (32, len(self.KEY))

    def done(self, root: Path) -> None:
        assert (root / ".uploads/key").stat().st_size == 32
        assert (root / ".uploads/key").stat().st_mode & 0o077 == 0
        assert [Drafts(root / ".uploads").open(path.name).dataset.read_bytes() for path in _drafts(root)] == [OLD_ROWS]


class ReplaceKey(MakeKey):
    KEY = b"short"

    def before(self, root: Path) -> None:
        super().before(root)
        (root / ".uploads/key").write_bytes(self.KEY)


class SweepDrafts(Case):
    def before(self, root: Path) -> None:
        drafts = Drafts(root / ".uploads")
        drafts.add(OLD_ROWS, TOOLS, "old.csv")
        aged = drafts.folder / drafts.add(ROWS, TOOLS, "rows.csv")
        date = time.strftime("%Y-%m-%d", time.gmtime())
        (drafts.folder / DAYS).write_text(f"{KEPT_DAYS + 1} {date}")
        long_ago = time.time() - 2 * KEPT_SECONDS
        os.utime(aged, (long_ago, long_ago))

    def act(self, root: Path) -> object:
        return Drafts(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def broken(self, root: Path) -> None:
        contents = [Drafts(root / ".uploads").open(path.name).dataset.read_bytes() for path in _drafts(root)]
        assert contents.count(OLD_ROWS) == 1
        assert set(contents) <= {OLD_ROWS, ROWS}

    def done(self, root: Path) -> None:
        assert len(_drafts(root)) == 1


class CreateRun(Case):
    def act(self, root: Path) -> object:
        return None if (root / NEW).exists() else Run.create(root / NEW, RunConfig(), HIKING, HIKING_TOOLS, "New")

    def broken(self, root: Path) -> None:
        super().broken(root)
        _whole(root, NEW)

    def done(self, root: Path) -> None:
        assert _whole(root, NEW)


class DeleteRun(Case):
    def before(self, root: Path) -> None:
        super().before(root)
        Run.create(root / NEW, RunConfig(), HIKING, HIKING_TOOLS, "New")

    def act(self, root: Path) -> object:
        return FolderStore(root).delete(NEW) if (root / NEW).exists() else None

    def broken(self, root: Path) -> None:
        super().broken(root)
        _whole(root, NEW)

    def done(self, root: Path) -> None:
        assert not _whole(root, NEW)


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
        remote = read_remote(_old_run_is_whole(root))
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
        run = _old_run_is_whole(root)
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
        _nothing_is_left_over(root)


CASES: list[Case] = [
    AddDraft(), MakeKey(), ReplaceKey(), SweepDrafts(), CreateRun(), DeleteRun(), DeleteRemoteRun(), WriteDocument(),
    AppendEvent(), MergeEvents(), WriteOrder(), MoveResults(), WriteState(), WriteRows(), BuildFolder(), EnterQueue(),
    Sweep(),
]  # fmt: skip


def _drafts(root: Path) -> list[Path]:
    return [path for path in (root / ".uploads").iterdir() if re.fullmatch(r"[0-9a-f]{24}", path.name)]


def _nothing_is_left_over(root: Path) -> None:
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


@pytest.mark.parametrize("kind", ["killed", "full", "read-only"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: type(case).__name__)
def test_broken_off_at_any_moment(case: Case, kind: Kind, tmp_path: Path) -> None:
    _given(tmp_path)
    template = tmp_path / "template"
    template.mkdir()
    case.before(template)
    harmed = 0
    for fault in faults(kind):
        root = tmp_path / "root"
        shutil.copytree(template, root, symlinks=True)
        case.ready(root)
        code = outcome(case.act, fault, root)
        assert code != RAISED, f"something other than InputError came out, with {fault}"
        case.broken(root)
        sweep(root)
        case.broken(root)
        _nothing_is_left_over(root)
        case.ready(root)
        case.act(root)
        case.done(root)
        shutil.rmtree(root)
        if code == UNHARMED:
            break
        harmed += 1
    assert harmed > (0 if kind == "read-only" else 5), "no fault came about"
