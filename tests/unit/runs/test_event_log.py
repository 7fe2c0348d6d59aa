"""A metrics.jsonl of any size or kind costs the page little, and shows what is newest."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.jobs import LocalRunner
from backend.runs import Event, FolderStore, RunConfig, append_event, read_events
from backend.runs.event_log import HEAD_BYTES, MOST_EVENTS, TAIL_BYTES, EventLog, latest_try
from tests.conftest import ROOT
from ui.services.stages import StageView, stage_views

EXAMPLES = ROOT / "examples"
STARTED = {"event": "stage", "stage": "train", "state": "started"}
MEGABYTE = 1024 * 1024


def _step(number: int, stage: str = "train") -> dict[str, Any]:
    return {"event": "step", "stage": stage, "step": number, "steps": 10**6, "loss": 1 / (number + 1), "time": 1.0}


def _resume(step: int) -> dict[str, Any]:
    return {"event": "resume", "stage": "train", "step": step}


def _write(path: Path, events: Sequence[object]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def _steps(events: Sequence[Event]) -> list[float | None]:
    return [event.step for event in events if event.kind == "step"]


def _recursive(events: Sequence[Event], stage: str) -> list[Event]:
    """The same said the long way: what a try is, from its end to its beginning."""
    own = [event for event in events if event.stage == stage]
    starts = [at for at, event in enumerate(own) if event.kind == "stage" and event.state == "started"]
    if not starts:
        return own
    latest = own[starts[-1] :]
    resumed = next((event.step for event in latest if event.kind == "resume"), 0)
    if not resumed:
        return latest
    before = _recursive(own[: starts[-1]], stage)
    kept = [event for event in before if event.kind in ("step", "eval") and (event.step or 0) <= resumed]
    return [latest[0], *kept, *latest[1:]]


@given(st.lists(st.one_of(st.just(STARTED), st.integers(0, 5).map(_step), st.integers(0, 5).map(_resume)), max_size=30))
def test_a_try_is_the_same_forwards_and_backwards(lines: list[dict[str, Any]]) -> None:
    events = list(map(Event.from_dict, lines))
    assert latest_try(events, "train") == _recursive(events, "train")


def test_thousands_of_resumed_tries_are_told(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    _write(path, [event for at in range(1, 4000) for event in (STARTED, _resume(at), _step(at))])
    events = latest_try(EventLog(path).read(), "train")
    assert _steps(events)[-1] == 3999
    assert len(events) <= 4 * MOST_EVENTS


def test_few_events_are_all_kept_and_new_ones_added(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = EventLog(path)
    assert log.read() == ()
    _write(path, [STARTED, *map(_step, range(1000))])
    assert log.read() == tuple(map(Event.from_dict, read_events(path)[0]))
    _write(path, [_step(1000)])
    with path.open("a") as file:
        file.write('{"event": "step", "sta')
    assert _steps(log.read()) == list(range(1001))


def test_many_events_are_thinned_evenly_and_the_newest_stay(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    log = EventLog(path)
    for begin in range(0, 40_000, 10_000):
        _write(path, [STARTED] if begin == 0 else [])
        _write(path, [_step(number) for number in range(begin, begin + 10_000)])
        steps = _steps(latest_try(log.read(), "train"))
        assert steps[-1] == begin + 9_999
        assert steps == sorted(steps)
        assert MOST_EVENTS // 4 < len(steps) <= MOST_EVENTS
        gaps = [after - before for before, after in pairwise(steps)]
        assert max(gaps) < (begin + 10_000) / 100
    assert log.read()[0].kind == "stage"


def test_a_crowd_of_old_tries_does_not_thin_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for _ in range(20):
        _write(path, [STARTED, *map(_step, range(500))])
    assert _steps(latest_try(EventLog(path).read(), "train")) == list(range(500))


def test_what_led_to_a_resumed_try_outlives_the_thinning(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    for _ in range(5):
        _write(path, [STARTED, *map(_step, range(600))])
    _write(path, [STARTED, _resume(500), *map(_step, range(501, 1000))])
    assert _steps(latest_try(EventLog(path).read(), "train")) == list(range(1000))


def _huge(path: Path, size: int) -> None:
    """A file of that size: real events at both ends, a hole of the disk between them."""
    _write(path, [STARTED, *map(_step, range(100))])
    os.truncate(path, size)
    _write(path, ["end of the hole", *map(_step, range(10**6, 10**6 + 100))])


def test_a_file_of_many_gigabytes_costs_little_and_shows_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    _huge(path, 50 * 1024 * MEGABYTE)
    log, read_before = EventLog(path), _read_bytes()
    tracemalloc.start()
    steps = _steps(log.read())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (steps[0], steps[-1]) == (0, 10**6 + 99)
    assert peak < 8 * MEGABYTE
    assert _read_bytes() - read_before < HEAD_BYTES + TAIL_BYTES + 2 * MEGABYTE


@pytest.mark.parametrize(
    "line",
    [
        '{"event": "step", "stage": "train", "x": [' + "[]," * 20_000 + "[]]}",
        '{"event": "step", "stage": "train", ' + ", ".join(f'"{at}": {at}' for at in range(5_000)) + "}",
        '{"event": "progress", "stage": "train", "phase": "' + "\N{GRINNING FACE}" * 10_000 + '"}',
        '{"event": "stage", "stage": "train", "state": "started", "message": "' + "m" * 60_000 + '"}',
        '{"event": "step", "stage": "' + "s" * 60_000 + '"}',
        "[" * 60_000,
        "{" * 300_000,
    ],
    ids=["nested", "fields", "wide text", "starts", "stages", "open", "endless"],
)
def test_hostile_lines_cost_little_memory(tmp_path: Path, line: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text((line + "\n") * 60)
    log = EventLog(path)
    tracemalloc.start()
    log.read()
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 4 * MEGABYTE
    assert peak < 16 * MEGABYTE


def test_reading_costs_as_much_as_was_added(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    _write(path, map(_step, range(50_000)))  # type: ignore[arg-type]
    log = EventLog(path)
    log.read()
    before = _read_bytes()
    _write(path, [_step(50_000)])
    assert _steps(log.read())[-1] == 50_000
    assert _read_bytes() - before < 64 * 1024


def _read_bytes() -> int:
    """What this process has read so far, by its own count."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def test_a_file_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    _write(path, [STARTED, _step(1), _step(2)])
    log = EventLog(path)
    log.read()
    path.write_text("")
    _write(path, [STARTED, *map(_step, range(7, 20))])  # longer than before, in the same file
    assert _steps(log.read()) == list(range(7, 20))
    path.unlink()
    _write(path, [_step(3)])
    assert _steps(log.read()) == [3]
    path.unlink()
    assert log.read() == ()


@pytest.mark.parametrize("kind", ["folder", "fifo", "link to a device", "unreadable"])
def test_what_is_no_file_has_no_events_and_holds_nothing_up(tmp_path: Path, kind: str) -> None:
    run = FolderStore(tmp_path / "runs").create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    path = run.metrics_path
    match kind:
        case "folder":
            path.mkdir()
        case "fifo":
            os.mkfifo(path)
        case "link to a device":
            path.symlink_to("/dev/zero")
        case _:
            path.symlink_to(path)  # ELOOP, which root gets too
    assert read_events(path) == ([], 0)
    assert read_events(path, 5)[0] == []
    assert EventLog(path).read() == ()
    assert stage_views(run, LocalRunner())["train"].state == "none"


def test_values_of_the_wrong_kind_do_not_reach_the_page(tmp_path: Path) -> None:
    run = FolderStore(tmp_path / "runs").create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    wrong: list[object] = ["text", None, [], {}, True, float("nan"), float("inf"), 10**400, -(10**400)]
    names = ("time", "step", "steps", "done", "total", "loss", "match", "phase", "state", "message", "seconds", "eta")
    for kind in ("stage", "resume", "step", "eval", "progress", "unknown"):
        for stage in ("train", "evaluate", "export"):
            own = {"event": kind, "stage": stage}
            _write(run.metrics_path, [{**own, name: value} for value in wrong for name in names])
            _write(run.metrics_path, [{**own, **dict.fromkeys(names, value)} for value in wrong])
    for view in stage_views(run, LocalRunner()).values():
        assert isinstance(view, StageView)
        assert view.fraction is None or view.fraction >= 0
        assert view.started is None or isinstance(view.started, int | float)
        assert isinstance(view.phases, dict)


def test_appending_to_a_fifo_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "metrics.jsonl")
    append_event(tmp_path / "metrics.jsonl", STARTED)
    assert read_events(tmp_path / "metrics.jsonl") == ([], 0)
