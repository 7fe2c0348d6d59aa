"""Applies the rules of the check to a form, and finds the field of each problem."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from backend.data.check import check_rows, in_order
from backend.data.csv import CsvTable, encode_record, table_from
from backend.data.editing.forms import ColumnsForm, Form, RowForm, TextForm, ToolForm
from backend.data.editing.row_form import Tools, cells_of
from backend.data.editing.tool_form import FieldError, find_entry, value_at
from backend.data.editing.tools import with_tool_saved
from backend.data.fixers import tools_text
from backend.data.fixing import check_record
from backend.data.rows import Inputs
from backend.data.text import (
    ANSWER,
    MAX_CELL_CHARACTERS,
    MAX_CSV_BYTES,
    MESSAGE,
    CheckOptions,
    DecodedFile,
    escape,
    path_text,
    read_source,
)
from backend.data.tools import ToolEntry, ToolsFile, read_tools, tools_from
from backend.errors import InputError
from backend.records import Issue, Severity

HEAD_CHARACTERS = 20_000
MOST_CHECKED = 400_000
"""Characters of a tools.json up to which a tool is checked beside the others, and not alone."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a form. `field` is the path of its field, empty for the whole form; `code` that of its rule."""

    field: str
    severity: Severity
    message: str
    code: str = ""


def problems_of(form: Form, dataset: Path, tools: Path, options: CheckOptions) -> tuple[Problem, ...]:
    """Returns what the rules find in the form as it would be saved, errors first.

    A row may have several calls or none: saving it switches that on.
    """
    file = read_tools(tools)
    match form:
        case RowForm():
            return tuple(_of_row(form, tools, {tool.name: tool for tool in file.tools}, options))
        case ToolForm():
            return tuple(_of_tool(form, file, options))
        case TextForm():
            changed = tools_from(replace(file.source, text=form.text, problem=None, kind=None, too_large=False))
            return tuple(_problem("text", issue, f"Line {issue.line}: ") for issue in _tools_issues(changed, options))
        case ColumnsForm():
            return tuple(_of_columns(form, _head(dataset), file, options))


def _problem(field: str, issue: Issue, before: str = "") -> Problem:
    fix = f" {issue.fix}" if issue.fix else ""
    return Problem(field, issue.severity, f"{before if issue.line else ''}{issue.message}{fix}", issue.code)


def _of_row(form: RowForm, path: Path, tools: Tools, options: CheckOptions) -> Iterator[Problem]:
    cells = cells_of(form, tools)
    for column, text in cells.items():
        if len(text) > MAX_CELL_CHARACTERS:
            message = f"{column} has {len(text):,} characters; at most {MAX_CELL_CHARACTERS:,} fit. Shorten it."
            yield Problem("message" if column == MESSAGE else "calls", "error", message)
            return
    allowed = replace(options, allow_multiple_calls=True, allow_no_call=True, split=None)
    for issue in check_record(cells, path, allowed):
        yield _problem(_row_field(form, issue, tools), replace(issue, line=None))


def _row_field(form: RowForm, issue: Issue, tools: Tools) -> str:
    """Returns the field that a problem of a row belongs to: the argument that its message names first."""
    if issue.column in (MESSAGE, ANSWER):
        return "message" if issue.column == MESSAGE else "answer"
    if form.raw is not None:
        return "raw"
    for at, call in enumerate(form.calls):
        if call.tool not in tools and _place(call.tool, issue.message) is not None:
            return f"calls.{at}.tool"
        if len(form.calls) > 1 and _place(call.tool, issue.message) is None:
            continue
        found = [(place, number) for number, field in enumerate(call.values)
                 if (place := _place(field.name, issue.message)) is not None]  # fmt: skip
        if found:
            return f"calls.{at}.values.{min(found)[1]}.text"
    return "calls"


def _place(word: str, message: str) -> int | None:
    """Returns the position of a name in a message, None if it is not in it."""
    found = re.search(rf"(?<![\w-]){re.escape(escape(word))}(?![\w-])", message) if word else None
    return found.start() if found else None


def _of_tool(form: ToolForm, file: ToolsFile, options: CheckOptions) -> Iterator[Problem]:
    try:
        changed = with_tool_saved(file, form)
    except FieldError as error:
        yield Problem(error.field, "error", str(error))
        return
    except InputError as error:
        yield Problem("", "error", str(error))
        return
    after = tools_from(replace(file.source, text=changed.text))
    entry = find_entry(after, form.place) if form.place is not None else after.entries[-1] if after.entries else None
    if entry is None:
        yield Problem("raw", "error", "This is not a tool with a name, a description and parameters.")
        return
    if len(changed.text) > MOST_CHECKED:
        after = tools_from(replace(file.source, text=tools_text([value_at(after.raw, entry.path)])))
        entry = after.entries[0]
    for issue in _tools_issues(after, options):
        if find_entry(after, issue.column or "") is entry:
            yield _problem(_tool_field(form, issue.column or "", entry), issue)


def _tool_field(form: ToolForm, column: str, entry: ToolEntry) -> str:
    """Returns the field that holds the value at a path of tools.json."""
    if form.raw is not None:
        return "raw"
    for at, argument in enumerate(form.arguments):
        path = path_text((*entry.schema_path, "properties", argument.name))
        below = column[len(path) :] if column.startswith(path) else None
        if below is not None and (not below or below[0] in ".["):
            fields = {".type": "type", ".description": "description", ".enum": "values"}
            named = next((field for start, field in fields.items() if below.startswith(start)), None)
            return f"arguments.{at}.{named or ('rest' if below else 'name')}"
    return "description" if column.endswith(".description") else "name"


def _tools_issues(file: ToolsFile, options: CheckOptions) -> Sequence[Issue]:
    """Returns what the rules on tools.json find."""
    empty = CsvTable(DecodedFile(Path("rows.csv")))
    return [issue for issue in in_order(check_rows(Inputs(empty, file, options))) if issue.file == "tools"]


def _head(dataset: Path) -> CsvTable:
    """Returns the first lines of the CSV, which say how its cells are divided."""
    source = read_source(dataset, MAX_CSV_BYTES)
    return table_from(replace(source, text=source.text[:HEAD_CHARACTERS]))


def _of_columns(form: ColumnsForm, table: CsvTable, file: ToolsFile, options: CheckOptions) -> Iterator[Problem]:
    """Yields what the rules on the header find; a problem is shown at the first column that its message names."""
    text = encode_record(form.names, table.delimiter) + "\n"
    header = table_from(replace(table.source, text=text, bad_lines=()))
    for issue in in_order(check_rows(Inputs(header, file, options))):
        if issue.file == "csv" and issue.code.startswith("csv-column"):
            named = (at for at, name in enumerate(form.names) if _place(name, issue.message) is not None)
            yield _problem(f"names.{next(named, 0)}", replace(issue, line=None))
