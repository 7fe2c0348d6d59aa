"""Says how a model answers the messages that no tool should answer."""

from __future__ import annotations

from backend.scoring import OffTopic
from job_templates.cli import say


def say_off_topic(name: str, found: OffTopic) -> None:
    """Print how many off-topic messages were answered with a call."""
    undeclared = f", {found.undeclared.k} of undeclared tools" if found.undeclared.k else ""
    low, high = (100 * (bound or 0.0) for bound in (found.calls.low, found.calls.high))
    calls = f"{found.calls.k} of {found.calls.n} off-topic messages called a tool"
    say(f"{name}: {calls} ({low:.1f}–{high:.1f} %){undeclared}")
