"""The changes of a fix, planned before it is applied."""

from __future__ import annotations

from dataclasses import dataclass

from backend.records import IssueFile


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its position, its rule, and the text before and after; a dropped row has no text after it.

    `line` is the physical line in the original file. `column` is a CSV column or a path in tools.json, or None for a
    whole row or file.
    """

    file: IssueFile
    line: int
    column: str | None
    code: str
    before: str
    after: str
    dropped: bool = False


@dataclass(frozen=True)
class FixPlan:
    """Every change, and the texts of both files after them; a file without changes has its original text."""

    changes: tuple[Change, ...]
    csv_text: str
    tools_text: str

    @property
    def dropped_lines(self) -> tuple[int, ...]:
        """The lines of the dropped rows."""
        return tuple(change.line for change in self.changes if change.dropped)
