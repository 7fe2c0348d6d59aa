"""The rate of progress reports and the remaining time, by a clock that the test sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.runs import Event, read_events
from job_templates.ml.run import ProgressReporter, minutes_and_seconds, remaining_seconds


class Clock:
    """A clock that stands still until `now` is set; seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def reported(path: Path) -> list[int]:
    return [int(event["done"]) for event in read_events(path, 0)[0]]


def event(done: int) -> Event:
    return Event("progress", "evaluate", phase="tuned", done=done, total=100, seconds=0.0, eta=0.0)


def test_events_and_lines_have_intervals_of_their_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, clock = tmp_path / "metrics.jsonl", Clock()
    reporter = ProgressReporter(path, 0.5, 5.0, clock)
    for step in range(49):
        clock.now = 1000.0 + step / 4
        reporter.report(event(step), f"line {step}")
    assert reported(path) == list(range(0, 49, 2))
    assert capsys.readouterr().out.splitlines() == ["line 0", "line 20", "line 40"]
    assert reporter.seconds == 12.0


def test_a_report_that_must_appear_appears_and_starts_a_new_interval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, clock = tmp_path / "metrics.jsonl", Clock()
    reporter = ProgressReporter(path, 2.0, 2.0, clock)
    for at, done, always in ((0.0, 0, True), (1.5, 1, True), (3.0, 2, False), (3.5, 3, False)):
        clock.now = 1000.0 + at
        reporter.report(event(done), f"line {done}" if done else "", always=always)
    assert reported(path) == [0, 1, 3]
    assert capsys.readouterr().out.splitlines() == ["line 1", "line 3"]


def test_an_event_that_was_held_back_is_written_once_by_flush(tmp_path: Path) -> None:
    path, clock = tmp_path / "metrics.jsonl", Clock()
    reporter = ProgressReporter(path, 2.0, 2.0, clock)
    for done in range(3):
        reporter.report(event(done), "")
    reporter.flush()
    reporter.flush()
    assert reported(path) == [0, 2]


def test_a_restart_sets_the_time_to_zero_and_the_next_report_is_written(tmp_path: Path) -> None:
    path, clock = tmp_path / "metrics.jsonl", Clock()
    reporter = ProgressReporter(path, 2.0, 2.0, clock)
    reporter.report(event(0), "")
    clock.now += 1
    reporter.restart()
    assert reporter.seconds == 0
    reporter.report(event(1), "")
    assert reported(path) == [0, 1]


def test_with_an_interval_of_zero_every_event_is_written(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    reporter = ProgressReporter(path, 0.0, 5.0, Clock())
    for done in range(3):
        reporter.report(event(done), "")
    assert reported(path) == [0, 1, 2]


def test_without_metrics_only_lines_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    ProgressReporter(None, 0.0, 0.0, Clock()).report(event(1), "line")
    assert capsys.readouterr().out == "line\n"


def test_the_rest_is_expected_to_take_as_long_as_what_is_done() -> None:
    assert remaining_seconds(10.0, 4, 10) == 15.0
    assert remaining_seconds(10.0, 10, 10) == 0.0
    assert remaining_seconds(10.0, 0, 10) is None


def test_seconds_are_shown_as_minutes_and_seconds() -> None:
    assert [minutes_and_seconds(seconds) for seconds in (-1, 59.4, 59.6, 125, 3600)] == [
        "0:00", "0:59", "1:00", "2:05", "60:00",
    ]  # fmt: skip
