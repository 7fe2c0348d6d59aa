"""Which of a stage's events belong to its latest try."""

from __future__ import annotations

from collections.abc import Sequence

from backend.runs.event import Event


def latest_try(events: Sequence[Event], stage: str) -> list[Event]:
    """The stage's events since it was last started; where a training went on, those that led there stand before."""
    found: list[Event] = []
    before: list[Event] = []
    resumed = True  # before the first start there is nothing to go on from
    for event in events:
        if event.stage != stage:
            continue
        if is_start(event):
            before, found, resumed = found, [], False
        found.append(event)
        if event.kind == "resume" and not resumed:
            resumed = True
            found[1:1] = [one for one in before if _led_to(one, event)]
    return found


def is_start(event: Event) -> bool:
    """Whether a stage began with this event."""
    return event.kind == "stage" and event.state == "started"


def _led_to(event: Event, resume: Event) -> bool:
    last = resume.step or 0
    return event.kind in ("step", "eval") and (event.step or 0) <= last > 0
