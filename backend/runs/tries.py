"""Which of a stage's events belong to its latest try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Events = list[dict[str, Any]]


def latest_try(events: Sequence[dict[str, Any]], stage: str) -> Events:
    """The stage's events since it was last started; where a training went on, those that led there stand before."""
    found: Events = []
    before: Events = []
    resumed = True  # before the first start there is nothing to go on from
    for event in events:
        if event["stage"] != stage:
            continue
        if is_start(event):
            before, found, resumed = found, [], False
        found.append(event)
        if event["event"] == "resume" and not resumed:
            resumed = True
            found[1:1] = [one for one in before if _led_to(one, event)]
    return found


def is_start(event: Mapping[str, Any]) -> bool:
    """Whether a stage began with this event."""
    return event["event"] == "stage" and event.get("state") == "started"


def _led_to(event: Mapping[str, Any], resume: Mapping[str, Any]) -> bool:
    step, last = event.get("step", 0), resume.get("step", 0)
    if not isinstance(step, int | float) or not isinstance(last, int | float):
        return False
    return event["event"] in ("step", "eval") and step <= last > 0
