"""Looking over the rows as a whole: labels that look wrong, and messages that say nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.data.rows.label_errors import SuspectReport, find_suspects
from backend.data.similarity.near_duplicates import near_groups
from backend.data.text.normal_form import rows_by_message
from backend.errors import InputError
from backend.records import Example


@dataclass(frozen=True)
class Review:
    """What was found; `groups` are rows with nearly the same message, largest first, `trouble` why no label was
    doubted."""

    suspects: SuspectReport | None
    trouble: str
    groups: tuple[tuple[Example, ...], ...]


def review_rows(examples: Sequence[Example], seed: int, tell: Callable[[float, str], None]) -> Review:
    """Group the near-duplicates and cross-validate the classifier; `tell` is told the share done and what is done."""
    tell(0.0, "Comparing the messages with each other")
    groups = _groups(examples)
    tell(0.2, "Asking a simple classifier about every row")
    try:
        suspects, trouble = find_suspects(examples, seed), ""
    except InputError as error:
        suspects, trouble = None, str(error)
    tell(1.0, "Done")
    return Review(suspects, trouble, groups)


def _groups(examples: Sequence[Example]) -> tuple[tuple[Example, ...], ...]:
    by_normal = rows_by_message(example.message for example in examples)
    grouped: dict[int, list[Example]] = defaultdict(list)
    for group, positions in zip(near_groups(list(by_normal)).group, by_normal.values(), strict=True):
        grouped[group] += [examples[at] for at in positions]
    found = [tuple(sorted(rows, key=lambda row: row.line)) for rows in grouped.values() if len(rows) > 1]
    return tuple(sorted(found, key=lambda rows: (-len(rows), rows[0].line)))
