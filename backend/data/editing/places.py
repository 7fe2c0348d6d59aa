"""The part of the data that a form edits, named by a text in the page's address, such as `row:12`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from backend.records import Issue

PlaceKind = Literal["row", "tool", "named", "tools", "columns"]
NEW = "new"
MAX_PLACE_CHARACTERS = 1_000
_ADDS_ROW = frozenset({"csv-no-rows", "csv-empty", "set-too-few-to-split", "set-tool-without-rows"})
_OTHER_FILE = frozenset({"csv-unreadable", "csv-too-large", "csv-binary", "tools-unreadable", "tools-binary"})
_COLUMNS = re.compile(r"csv-column-.*")


@dataclass(frozen=True, slots=True)
class Place:
    """A row by its line, a tool by its path or its name, the text of tools.json, or the columns.

    `line` is None except for a row that exists. `at` is the path or the name of a tool, `new` for a new row or tool.
    `more` is the code of the rule whose problem led to a row, or the tool that a new row calls.
    """

    kind: PlaceKind
    line: int | None = None
    at: str = ""
    more: str = ""

    @property
    def is_new(self) -> bool:
        """Whether it is a new row or a new tool."""
        return self.at == NEW


def read_place(text: str | None) -> Place | None:
    """Returns the place that a text names; None if it names none."""
    if not text or len(text) > MAX_PLACE_CHARACTERS:
        return None
    kind, _, rest = text.partition(":")
    if kind == "row":
        first, _, more = rest.partition(":")
        if first == NEW:
            return Place("row", None, NEW, more)
        return Place("row", int(first), "", more) if first.isascii() and first.isdecimal() else None
    if kind == "tool" and rest:
        return Place("tool", None, rest)
    if kind == "named" and rest:
        return Place("named", None, rest)
    return Place("tools") if text == "tools" else Place("columns") if text == "columns" else None


def place_of_issue(issue: Issue) -> str | None:
    """Returns the place where a problem can be corrected by typing; None if only another file helps."""
    if issue.code in _OTHER_FILE or issue.code.endswith("-too-many-rows"):
        return None
    if issue.code in _ADDS_ROW:
        return f"row:{NEW}"
    if issue.file == "tools":
        place = f"tool:{issue.column}"
        return place if issue.column and len(place) <= MAX_PLACE_CHARACTERS else "tools"
    if _COLUMNS.fullmatch(issue.code):
        return "columns"
    if issue.line is None:
        return None
    return f"row:{issue.line}:{issue.code}"
