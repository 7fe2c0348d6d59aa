"""One event of a run's metrics.jsonl in its types."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

LONGEST_TEXT = 4_000
LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Event:
    """An event that a stage reported: a start or an end, an optimiser step, an evaluation, or progress of a phase.

    `kind` is stage, resume, step, eval, progress, stopped_early or job; a field that the event lacks is None. `time` is
    in unix seconds, `seconds` and `eta` (time left) are in seconds, `match` is the mean probability of the held-out
    rows' right answers, `lr` is the learning rate.
    """

    kind: str
    stage: str
    time: float | None = None
    state: str | None = None
    message: str | None = None
    exit_code: float | None = None
    phase: str | None = None
    done: float | None = None
    total: float | None = None
    step: float | None = None
    steps: float | None = None
    epoch: float | None = None
    loss: float | None = None
    match: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    tokens: float | None = None
    tokens_saved: float | None = None
    seconds: float | None = None
    eta: float | None = None

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> Event:
        """The event in a line that `parse_event` accepted; a value of the wrong type becomes None."""
        values = {name: read(line.get(name)) for name, read in READERS.items()}
        return cls(str(line["event"])[:LONGEST_TEXT], str(line["stage"])[:LONGEST_TEXT], **values)

    def to_dict(self) -> dict[str, Any]:
        """The event as the object of its line."""
        values = {name: value for name in READERS if (value := getattr(self, name)) is not None}
        return {"event": self.kind, "stage": self.stage, **values}


def _text(value: object) -> str | None:
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def _number(value: object) -> float | None:
    """A finite number, as it is written, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        return None
    return value if math.isfinite(value) else None


TEXTS = ("state", "message", "phase")
READERS: dict[str, Callable[[object], Any]] = {
    field.name: _text if field.name in TEXTS else _number
    for field in fields(Event)
    if field.name not in ("kind", "stage")
}
