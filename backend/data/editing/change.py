"""Opens a part of the data as a form, and returns the files after its change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.data.calls import read_calls
from backend.data.csv import CsvTable, read_table
from backend.data.editing.forms import ColumnsForm, EditRequest, Form, RowForm, TextForm, ToolForm
from backend.data.editing.places import Place
from backend.data.editing.row_form import calls_text, new_row, open_row
from backend.data.editing.rows import Rewrite, with_columns, with_row, without_row
from backend.data.editing.tool_form import find_entry, named_entry, new_tool, open_tool
from backend.data.editing.tools import ToolsChange, with_tool_saved, without_tool
from backend.data.text import MAX_CSV_BYTES, MAX_TOOLS_BYTES, count, escape
from backend.data.tools import ToolsFile, read_tools
from backend.errors import InputError
from backend.records import Tool

MAX_TEXT_CHARACTERS = 400_000
EMPTY_CSV, EMPTY_TOOLS = b'"user_message","tool_calls"\n', b"[]\n"
"""The two files of a set without rows and tools."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The files after a change, None if a file has not changed, and a sentence about it.

    `several` and `nothing` say that the saved row has several calls, or none.
    """

    dataset: bytes | None
    tools: bytes | None
    test: bytes | None
    said: str
    several: bool = False
    nothing: bool = False


def open_form(dataset: Path, tools: Path, place: Place) -> Form:
    """Returns the form for a place. Raises InputError if there is nothing to edit."""
    file = read_tools(tools)
    if place.kind in ("tool", "named"):
        return _tool(file, place)
    if place.kind == "tools":
        return _text(file)
    table = _editable(read_table(dataset))
    if place.kind == "columns":
        return ColumnsForm(table.names)
    known = _by_name(file)
    return new_row(table, known, place.more) if place.line is None else open_row(table, known, place.line)


def _tool(file: ToolsFile, place: Place) -> Form:
    if place.is_new:
        return new_tool()
    entry = named_entry(file, place.at) if place.kind == "named" else find_entry(file, place.at)
    return open_tool(file, entry) if entry else _text(file)


def _text(file: ToolsFile) -> TextForm:
    if not file.source.readable or len(file.source.text) > MAX_TEXT_CHARACTERS:
        raise InputError(
            f"tools.json cannot be edited here as text: only a text of up to {MAX_TEXT_CHARACTERS:,} characters can. "
            "Edit the file, then upload it again."
        )
    return TextForm(file.source.text)


def _editable(table: CsvTable) -> CsvTable:
    """Returns the table if rows can be edited in it. Raises InputError if the file has no text or too many rows."""
    if not table.source.readable:
        raise InputError("The CSV cannot be read as text, so it cannot be edited here. Upload another file.")
    if table.cut_at is not None:
        raise InputError("The CSV has too many rows to be edited here. Apply the fix of csv-too-many-rows first.")
    return table


def _by_name(file: ToolsFile) -> Mapping[str, Tool]:
    return {tool.name: tool for tool in file.tools}


def edit(dataset: Path, tools: Path, test: Path | None, request: EditRequest) -> Edited:
    """Returns the files after a requested change. Raises InputError if it cannot be made; then nothing changes."""
    form, file = request.form, read_tools(tools)
    match form:
        case RowForm():
            return _edit_row(_editable(read_table(dataset)), _by_name(file), form, delete=request.delete)
        case ToolForm():
            change = (
                without_tool(file, form, with_rows=request.with_rows) if request.delete else with_tool_saved(file, form)
            )
            return _edit_tools(change, file, dataset, test)
        case TextForm():
            return _edit_tools(ToolsChange(form.text, None, "Changed the text of tools.json."), file, dataset, test)
        case ColumnsForm():
            table = _editable(read_table(dataset))
            return Edited(_csv(with_columns(table, form), table), None, None, "Changed the names of the columns.")


def _edit_row(table: CsvTable, tools: Mapping[str, Tool], form: RowForm, *, delete: bool) -> Edited:
    if delete and form.line is not None:
        return Edited(_csv(without_row(table, form.line), table), None, None, f"Deleted the row of line {form.line:,}.")
    text = with_row(table, form, tools)
    calls = read_calls(calls_text(form, tools)).calls
    several, nothing = len(calls or ()) > 1, calls == ()
    said = "Added a row." if form.line is None else f"Changed the row of line {form.line:,}."
    return Edited(_csv(text, table), None, None, said, several, nothing)


def _edit_tools(change: ToolsChange, file: ToolsFile, dataset: Path, test: Path | None) -> Edited:
    content = _encoded(change.text)
    if len(content) > MAX_TOOLS_BYTES:
        raise InputError(f"tools.json would have more than {MAX_TOOLS_BYTES // 1024**2} MB. Shorten its texts.")
    tools = None if change.text == file.source.text else content
    if change.rewrite is None:
        return Edited(None, tools, None, escape(change.said))
    rows, number = _rewritten(change.rewrite, dataset)
    held_out, more = _rewritten(change.rewrite, test) if test else (None, 0)
    said = f"{escape(change.said)} {count(number + more, 'row')} that call it changed with it."
    return Edited(rows, tools, held_out, said)


def _rewritten(rewrite: Rewrite, path: Path) -> tuple[bytes | None, int]:
    table = _editable(read_table(path))
    text, number = rewrite(table)
    return _csv(text, table), number


def _csv(text: str, before: CsvTable) -> bytes | None:
    """Returns the bytes of a changed CSV, None if it has not changed. Raises InputError if it is too large."""
    if text == before.source.text:
        return None
    content = _encoded(text)
    if len(content) > MAX_CSV_BYTES:
        raise InputError(f"The CSV would have more than {MAX_CSV_BYTES // 1024**2} MB. Delete rows, or shorten them.")
    return content


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
