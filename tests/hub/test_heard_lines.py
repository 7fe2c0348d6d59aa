"""What was heard of a job's log: bounded, told apart from events, and made good after any crash."""

from __future__ import annotations

import json
import random

from backend.jobs.huggingface.log_sync import MARK, LogSync, Seen
from backend.runs import Run, read_events
from tests.hub.jobs import now
from tests.hub.remote_runs import STEP


def test_what_was_heard_is_bounded_and_old_lines_stay_heard() -> None:
    seen, lines = Seen(), [(f"2026-11-23T00:00:{at // 1000:02}.{at % 1000:03}Z", f"{at % 7}") for at in range(12_000)]
    assert sum(seen.is_new(*line) for line in lines) == len(lines)
    seen.begin_replay()
    assert sum(seen.is_new(*line) for line in lines) == 0
    assert seen.is_new("2026-11-23T00:01:00.000Z", "new")
    assert len(seen._received) <= 5_000


def test_an_event_behind_a_line_that_another_process_began_is_an_event(run: Run) -> None:
    log_sync = LogSync(run, "train")
    log_sync.take(now(), f"40 %|####{MARK}{json.dumps({**STEP, 'step': 1})}")
    log_sync.take(now(), f"{MARK}is what a line of ours begins with")
    log_sync.close()
    assert run.log_path("train").read_text().splitlines() == ["40 %|####", f"{MARK}is what a line of ours begins with"]
    assert [event["step"] for event in read_events(run.metrics_path)[0]] == [1]


def test_any_cut_of_what_was_heard_is_made_good(run: Run) -> None:
    """A crash may end any of the three files anywhere behind what the others say."""
    lines = [
        (now(), f"line {at}" if at % 3 else f"{MARK}{json.dumps({**STEP, 'step': at, 'time': at})}") for at in range(30)
    ]
    chance = random.Random(7)
    for _ in range(15):
        log_sync = LogSync(run, "train")
        for line in lines[: chance.randint(1, 30)]:
            log_sync.take(*line)
        log_sync.close()
        heard = run.log_path("train").with_suffix(".heard")
        raw = heard.read_bytes()
        heard.write_bytes(raw[: len(raw) - chance.randint(0, 60)])
    log_sync = LogSync(run, "train")
    for line in lines:
        log_sync.take(*line)
    log_sync.close()
    assert run.log_path("train").read_text().splitlines() == [f"line {at}" for at in range(30) if at % 3]
    assert [event["step"] for event in read_events(run.metrics_path)[0]] == list(range(0, 30, 3))
