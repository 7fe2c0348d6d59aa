"""Opens a row as a form, and returns its cells."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from backend.data.calls import CallsCell, canonical_text, read_calls
from backend.data.csv import CsvTable, Record
from backend.data.editing.forms import CallForm, RowForm
from backend.data.editing.values import ABSENT, value_fields, value_of
from backend.data.text import ANSWER, CALLS, MESSAGE, SPLIT
from backend.errors import InputError
from backend.records import Tool

Tools = Mapping[str, Tool]


def new_row(table: CsvTable, tools: Tools, tool: str = "") -> RowForm:
    """Returns the form of a new row, with one call of `tool` or of the first tool."""
    name = tool if tool in tools else next(iter(tools), "")
    calls = (CallForm(name, value_fields(tools[name], {})),) if name else ()
    return RowForm(None, "", "", calls, answer=_new(table, ANSWER, ""), split=_new(table, SPLIT, "train"))


def _new(table: CsvTable, column: str, text: str) -> str | None:
    return text if column in table.index else None


def open_row(table: CsvTable, tools: Tools, line: int) -> RowForm:
    """Returns the form of the row that begins on `line`. Raises InputError if there is none."""
    record = _record(table, line)
    whole = record.fault is None and len(record.cells) == table.width

    def cell(column: str) -> str:
        at = table.index.get(column)
        return record.cells[at] if record.fault is None and at is not None and at < len(record.cells) else ""

    text = cell(CALLS)
    calls = read_calls(text)
    shown = can_be_shown(calls)
    return RowForm(
        line,
        cell(MESSAGE),
        text,
        call_forms(calls, tools) if shown else (),
        None if shown else text,
        _new(table, ANSWER, cell(ANSWER)),
        _new(table, SPLIT, cell(SPLIT)),
        "" if whole else table.source.text[record.start : record.end],
    )


def _record(table: CsvTable, line: int) -> Record:
    records = (*(row.record for row in table.rows), *table.ragged, *table.faulty)
    found = next((record for record in records if record.line == line), None)
    if found is None:
        raise InputError(f"No row begins on line {line:,}. Choose it in the list of rows.")
    return found


def can_be_shown(cell: CallsCell) -> bool:
    """Whether fields can hold everything in a tool_calls cell."""
    calls = cell.calls or ()
    whole = cell.calls is not None and len(cell.sound) == len(calls)
    return cell.empty or (whole and not any(call.extra for call in cell.sound))


def call_forms(cell: CallsCell, tools: Tools) -> tuple[CallForm, ...]:
    """Returns the calls of a cell as forms."""
    return tuple(CallForm(call.name, value_fields(tools.get(call.name), call.arguments)) for call in cell.sound)


def calls_text(form: RowForm, tools: Tools) -> str:
    """Returns the tool_calls cell: the file's own text if no call was changed."""
    if form.raw is not None:
        return form.raw
    calls = [(call.tool, _arguments(call, tools.get(call.tool))) for call in form.calls]
    before = read_calls(form.cell)
    same = can_be_shown(before) and [(call.name, call.arguments) for call in before.sound]
    return form.cell if form.cell.strip() and _sorted(same) == _sorted(calls) else canonical_text([*calls])


def _sorted(calls: object) -> str:
    """Returns calls as JSON that does not depend on the order of the arguments."""
    return json.dumps(calls, sort_keys=True)


def _arguments(call: CallForm, tool: Tool | None) -> dict[str, object]:
    properties = tool.properties if tool else {}
    values = {field.name: value_of(field, properties.get(field.name)) for field in call.values}
    return {name: value for name, value in values.items() if value is not ABSENT}


def cells_of(form: RowForm, tools: Tools) -> dict[str, str]:
    """Returns the row's cells by column, only of columns that the file has."""
    cells = {MESSAGE: form.message, CALLS: calls_text(form, tools), ANSWER: form.answer, SPLIT: form.split}
    return {column: text for column, text in cells.items() if text is not None}


def with_tool(call: CallForm, tools: Tools) -> CallForm:
    """Returns the call with the fields of its tool; what was typed stays in the arguments of the same name."""
    typed = {field.name: field for field in call.values}
    fields = value_fields(tools.get(call.tool), {})
    return replace(call, values=tuple(typed.get(field.name, field) for field in fields))


def as_text(form: RowForm, tools: Tools) -> RowForm:
    """Returns the form with its calls as text."""
    return replace(form, raw=calls_text(form, tools), calls=())


def as_fields(form: RowForm, tools: Tools) -> RowForm:
    """Returns the form with a field for each argument. Raises InputError if fields cannot hold the text."""
    cell = read_calls(form.raw or "")
    if not can_be_shown(cell):
        raise InputError("The form cannot show these calls. Write them as a list of objects with name and args.")
    return replace(form, raw=None, calls=call_forms(cell, tools))


def blank_call(tools: Tools) -> CallForm:
    """Returns a call of the first tool without arguments."""
    return with_tool(CallForm(next(iter(tools), ""), ()), tools)
