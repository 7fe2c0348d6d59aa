"""Changes the CSV: records that are not edited stay the same, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from backend.data.calls import read_calls
from backend.data.csv import CsvEditor, CsvTable, DraftRow, with_rows
from backend.data.editing.forms import ColumnsForm, RowForm
from backend.data.editing.row_form import Tools, cells_of
from backend.data.fixers import CallChange, changed_calls
from backend.data.text import CALLS, MAX_CELL_CHARACTERS, MAX_ROWS
from backend.errors import InputError

MAX_COLUMN_CHARACTERS = 200


def with_row(table: CsvTable, form: RowForm, tools: Tools) -> str:
    """Returns the text of the CSV with the row of a form. Raises InputError if the row does not fit into the file."""
    cells = cells_of(form, tools)
    for column, text in cells.items():
        if len(text) > MAX_CELL_CHARACTERS:
            raise InputError(f"{column} has {len(text):,} characters; at most {MAX_CELL_CHARACTERS:,} fit. Shorten it.")
    if form.line is None:
        if table.row_count >= MAX_ROWS:
            raise InputError(f"The set has {table.row_count:,} rows; at most {MAX_ROWS:,} are read. Delete some first.")
        return with_rows(table, [cells]).decode("utf-8", "surrogatepass")
    editor, row = _row(table, form.line)
    before = row.cells if len(row.cells) == table.width and not row.record.fault else ("",) * table.width
    after = list(before)
    for column, text in cells.items():
        if column in table.index:
            after[table.index[column]] = text
    if form.broken or tuple(after) != row.cells:
        row.rewrite(tuple(after))
    return editor.text()


def without_row(table: CsvTable, line: int) -> str:
    """Returns the text of the CSV without the row that begins on a line. Raises InputError if there is none."""
    editor, row = _row(table, line)
    row.dropped = True
    return editor.text()


def _row(table: CsvTable, line: int) -> tuple[CsvEditor, DraftRow]:
    editor = CsvEditor(table)
    found = next((row for row in editor.rows if row.record.line == line), None)
    if found is None:
        raise InputError(f"No row begins on line {line:,}. Choose it in the list of rows.")
    return editor, found


def with_changed_calls(table: CsvTable, change: CallChange) -> tuple[str, int]:
    """Returns the text of the CSV with each call changed, and the number of changed rows."""
    editor, changed = CsvEditor(table), 0
    known: dict[str, str] = {}
    for row in editor.readable():
        text = editor.cell(row, CALLS)
        if not text:
            continue
        after = known.get(text)
        if after is None:
            after = known[text] = changed_calls(read_calls(text), change)
        if after != text:
            editor.set_cell(row, CALLS, after)
            changed += 1
    return editor.text(), changed


def without_rows_of(table: CsvTable, tool: str) -> tuple[str, int]:
    """Returns the text of the CSV without the rows that call a tool, and the number of these rows."""
    editor = CsvEditor(table)
    rows = [row for row in editor.readable() if tool in _tools_of(editor.cell(row, CALLS) or "")]
    for row in rows:
        row.dropped = True
    return editor.text(), len(rows)


def _tools_of(cell: str) -> Collection[str]:
    return {call.name for call in read_calls(cell).sound}


def renaming(tool: str, name: str, arguments: Mapping[str, str]) -> CallChange:
    """Returns the change of a call when its tool and its arguments are renamed; a name in use stays."""

    def change(called: str, given: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
        if called != tool:
            return called, given
        free = {old: new for old, new in arguments.items() if new not in given or new in arguments}
        return name, {free.get(key, key): value for key, value in given.items()}

    return change


def with_columns(table: CsvTable, form: ColumnsForm) -> str:
    """Returns the text of the CSV with other names in its header. Raises InputError if they do not fit."""
    editor = CsvEditor(table)
    if editor.header is None or len(form.names) != len(editor.header.cells):
        raise InputError("The CSV has no header with these columns. Fix the header in the list of problems first.")
    if any(len(name) > MAX_COLUMN_CHARACTERS for name in form.names):
        raise InputError(f"The name of a column has at most {MAX_COLUMN_CHARACTERS} characters. Shorten it.")
    if form.names != editor.header.cells:
        editor.header.rewrite(form.names)
    return editor.text()


Rewrite = Callable[[CsvTable], tuple[str, int]]
"""Returns the new text of a CSV, and the number of changed rows."""
