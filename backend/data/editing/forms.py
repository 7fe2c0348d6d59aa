"""What a person can edit in one form: a row, a tool, the text of tools.json, or the names of the columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ValueField:
    """One argument of a call: its text in the form, and its value in the file as JSON; empty if there was none."""

    name: str
    text: str
    was: str = ""


@dataclass(frozen=True, slots=True)
class CallForm:
    """One call: its tool and a field for each argument of that tool."""

    tool: str
    values: tuple[ValueField, ...] = ()


@dataclass(frozen=True, slots=True)
class RowForm:
    """One row of the CSV.

    `line` is None for a new row. `cell` is the tool_calls cell of the file. `raw` is the text of the cell if it is
    edited as text, else None. `answer` and `split` are None if the file has no such column. `broken` is the text of a
    record that could not be read as a row.
    """

    line: int | None
    message: str
    cell: str
    calls: tuple[CallForm, ...]
    raw: str | None = None
    answer: str | None = None
    split: str | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True)
class ArgumentForm:
    """One argument of a tool.

    `was` is its name in the file, empty for a new one. `values` are the allowed values, one on each line. `rest` is the
    rest of its schema as JSON; empty if there is none. `type` is empty if the type is in `rest` or not given.
    """

    was: str = ""
    name: str = ""
    type: str = "string"
    description: str = ""
    values: str = ""
    required: bool = False
    rest: str = ""


@dataclass(frozen=True, slots=True)
class ToolForm:
    """One tool. `place` is the path of its entry in tools.json, None for a new one; `raw` is the entry as JSON text."""

    place: str | None
    name: str
    description: str
    arguments: tuple[ArgumentForm, ...] = ()
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class TextForm:
    """The whole text of tools.json."""

    text: str


@dataclass(frozen=True, slots=True)
class ColumnsForm:
    """The names of the columns of the CSV."""

    names: tuple[str, ...]


Form = RowForm | ToolForm | TextForm | ColumnsForm


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What becomes of the edited part: it is saved, or deleted; of a tool also together with the rows that call it."""

    form: Form
    delete: bool = False
    with_rows: bool = False
