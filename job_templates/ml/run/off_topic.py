"""The messages that no tool should answer, as an evaluation and a verification ask them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from backend.off_topic import Message, Relation, Selection, asked_messages, read_near_misses
from backend.records import Example, Tool
from backend.runs import Run


def off_topic_messages(
    tools: Sequence[Tool], rows: Iterable[Example], run: Run | None, near_misses: Path | None = None
) -> Selection:
    """Returns the fixed set without what the tools might answer, and the user's near misses.

    `near_misses` is a file with one on each line, by default the run's. Raises InputError if it cannot be read.
    """
    found = Relation(tools, rows).select(asked_messages(), run.config.kept_topics if run is not None else ())
    path = near_misses or (run.near_misses_path if run is not None and run.near_misses_path.is_file() else None)
    own: Sequence[Message] = read_near_misses(path) if path is not None else ()
    return Selection((*found.messages, *own), found.left_out)
