"""Compares two reports on the rows that both scored: the rows that only one has right, and the significance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from backend.document import Field
from backend.scoring.intervals import Rate, mcnemar
from backend.scoring.report import RowResult

RATES = ("tool", "combined")


@dataclass(frozen=True, slots=True)
class ComparedRows:
    """A comparison of two reports on `n` common rows.

    `own` and `other` hold the rates of both over these rows (the keys of RATES). `lost` are the ids of the rows that
    only the other report has right, `gained` those that only the own report has right. `p` is the exact two-sided p
    of McNemar's test.
    """

    n: int
    own: Mapping[str, Rate]
    other: Mapping[str, Rate]
    lost: tuple[str, ...]
    gained: tuple[str, ...]
    p: float

    @classmethod
    def from_field(cls, field: Field) -> ComparedRows:
        """Returns the comparison in a field of a document. Raises InputError if a field is damaged."""
        own, other = ({name: Rate.from_field(field[side][name]) for name in RATES} for side in ("own", "other"))
        lost, gained = (tuple(row.text() for row in field[side].list()) for side in ("lost", "gained"))
        return cls(field["n"].count(), own, other, lost, gained, field["p"].share())

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as one JSON object."""
        return asdict(self)


def compare_rows(report: Sequence[RowResult], other: Sequence[RowResult]) -> ComparedRows | None:
    """Compares the rows of two reports; returns None if they have no row in common.

    The id of a row is a hash of its message and its calls, so rows with the same id have equal messages and calls.
    """
    others = {row.id: row for row in other}
    pairs = [(row, others[row.id]) for row in report if row.id in others]
    if not pairs:
        return None
    mine, theirs = ([pair[side] for pair in pairs] for side in (0, 1))
    lost = tuple(one.id for one, twin in pairs if twin.right and not one.right)
    gained = tuple(one.id for one, twin in pairs if one.right and not twin.right)
    return ComparedRows(len(pairs), _rates(mine), _rates(theirs), lost, gained, mcnemar(len(lost), len(gained)))


def _rates(rows: Sequence[RowResult]) -> dict[str, Rate]:
    n = len(rows)
    return {
        "tool": Rate.of(sum(row.tool_right for row in rows), n),
        "combined": Rate.of(sum(row.right for row in rows), n),
    }
