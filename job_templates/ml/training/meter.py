"""Counts of computed tokens and of seconds of a training, across interruptions."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(slots=True)
class Meter:
    """`tokens` were computed. Plain batches would have computed `tokens_saved` more."""

    tokens: int = 0
    tokens_saved: int = 0
    _start: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Seconds of training, including those before an interruption."""
        return time.monotonic() - self._start

    def add(self, tokens: int, saved: int) -> None:
        """Count a batch."""
        self.tokens += tokens
        self.tokens_saved += saved

    def copy(self) -> Meter:
        """Returns a copy of the meter."""
        return replace(self)

    def restore(self, other: Meter) -> None:
        """Set the counts to those of `other`."""
        self.tokens, self.tokens_saved = other.tokens, other.tokens_saved

    def begin(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Start the clock, or continue from the last step in a resumed training's log."""
        last = next((entry for entry in reversed(history) if "tokens_saved" in entry), None)
        self.tokens, self.tokens_saved = (int(last[key]) if last else 0 for key in ("tokens", "tokens_saved"))
        self._start = time.monotonic() - (float(last["seconds"]) if last else 0.0)

    def to_dict(self) -> dict[str, float]:
        """Returns the counts for a log."""
        return {"tokens": self.tokens, "tokens_saved": self.tokens_saved, "seconds": round(self.seconds, 2)}
