"""The changes of a fix, planned before it is applied."""

from __future__ import annotations

from dataclasses import dataclass

from backend.records import IssueFile


@dataclass(frozen=True, slots=True)
class Change:
    """One change: where, under which rule, and the text before and after; a dropped row has no text after.

    `line` is the physical line in the file as it was. `column` is a CSV column or a path in tools.json; None for a
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
    """Every change, and both files as they will be; a file without changes keeps its text."""

    changes: tuple[Change, ...]
    csv_text: str
    tools_text: str

    @property
    def dropped_lines(self) -> tuple[int, ...]:
        """The lines of the dropped rows."""
        return tuple(change.line for change in self.changes if change.dropped)
