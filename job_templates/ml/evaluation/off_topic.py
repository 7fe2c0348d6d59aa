"""Asks a model the messages that no tool should answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backend.off_topic import Message, Relation, Selection, asked_messages, read_near_misses
from backend.runs import Run
from backend.scoring import OffTopic
from job_templates.cli import say
from job_templates.ml.run import ScoredRows


def off_topic_messages(scored: ScoredRows, run: Run | None, near_misses: Path | None) -> Selection:
    """Returns the fixed set without what the tools might answer, and the user's near misses.

    `near_misses` is a file with one on each line, by default the run's. Raises InputError if it cannot be read.
    """
    related = Relation(scored.tools, [*scored.trained_on, *scored.rows])
    found = related.select(asked_messages(), run.config.kept_topics if run is not None else ())
    path = near_misses or (run.near_misses_path if run is not None and run.near_misses_path.is_file() else None)
    own: Sequence[Message] = read_near_misses(path) if path is not None else ()
    return Selection((*found.messages, *own), found.left_out)


def say_off_topic(name: str, found: OffTopic) -> None:
    """Print how many off-topic messages were answered with a call."""
    undeclared = f", {found.undeclared.k} of undeclared tools" if found.undeclared.k else ""
    low, high = (100 * (bound or 0.0) for bound in (found.calls.low, found.calls.high))
    calls = f"{found.calls.k} of {found.calls.n} off-topic messages called a tool"
    say(f"{name}: {calls} ({low:.1f}–{high:.1f} %){undeclared}")
