"""Events of a job's own file are added to the run's once, in bounded memory."""

from __future__ import annotations

import json
import os
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest

from backend.jobs.huggingface.log_sync import MERGED_EVENTS, LogSync, merge_events, seen_lines_path
from backend.runs import Run, RunConfig, read_events
from tests.conftest import ROOT

MEGABYTE = 1024 * 1024


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


def _write(path: Path, steps: Iterable[int]) -> None:
    with path.open("a") as file:
        file.writelines(f'{{"event": "step", "stage": "train", "step": {step}, "time": 1.5}}\n' for step in steps)


def _steps(path: Path) -> list[int]:
    steps, offset = [], 0
    while (found := read_events(path, offset))[1] > offset:
        steps += [event["step"] for event in found[0]]
        offset = found[1]
    return steps


def test_what_is_known_is_not_added_again(run: Run, tmp_path: Path) -> None:
    fetched = tmp_path / "fetched.jsonl"
    _write(run.metrics_path, [1, 3])
    _write(fetched, [1, 2, 3, 4, 4])
    for _ in range(2):
        merge_events(run, fetched)
        assert _steps(run.metrics_path) == [1, 3, 2, 4]


@pytest.mark.slow  # the tests beside it hold what is merged
def test_large_files_are_merged_in_little_memory(run: Run, tmp_path: Path) -> None:
    fetched = tmp_path / "fetched.jsonl"
    _write(run.metrics_path, range(MERGED_EVENTS + 9_000))
    _write(fetched, range(MERGED_EVENTS + 9_003))
    os.truncate(fetched, 48 * MEGABYTE)
    tracemalloc.start()
    merge_events(run, fetched)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert _steps(run.metrics_path)[-3:] == [MERGED_EVENTS + 9_000 + at for at in range(3)]
    assert peak < 24 * MEGABYTE


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_strange_files_hold_nothing_up(run: Run, tmp_path: Path, kind: str) -> None:
    strange = tmp_path / "strange"
    os.mkfifo(strange) if kind == "fifo" else strange.mkdir()
    merge_events(run, strange)
    assert _steps(run.metrics_path) == []
    run.metrics_path.symlink_to(strange)
    LogSync(run, "train").close()


def test_the_heard_lines_are_read_back_and_half_a_line_is_cut(run: Run) -> None:
    log_sync = LogSync(run, "train")
    moments = [f"2026-01-01T00:00:{second:02d}+00:00" for second in range(3)]
    assert [log_sync.take(moment, f"line {moment}") for moment in moments] == [True, True, True]
    log_sync.close()
    log = run.log_path("train").read_text()
    with seen_lines_path(run, "train").open("ab") as file:
        file.write(b"2026-01-01T00:00:09")
    with run.log_path("train").open("ab") as file:
        file.write(b"half a li")
    again = LogSync(run, "train")
    assert [again.take(moment, f"line {moment}") for moment in moments] == [False, False, False]
    again.close()
    assert run.log_path("train").read_text() == log
    assert json.dumps(seen_lines_path(run, "train").read_text()).count("\\n") == 3
