"""Adds and removes parts of a form, and changes between fields and text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from backend.data.editing.forms import ArgumentForm, Form, RowForm, ToolForm
from backend.data.editing.row_form import as_fields, as_text, blank_call, with_tool
from backend.data.editing.tool_form import built_entry, find_entry, open_tool
from backend.data.editing.tools import with_tool_saved
from backend.data.tools import ToolsFile, read_tools, tools_from
from backend.errors import InputError
from backend.records import Tool

MAX_PARTS = 200
"""The most calls of a row, and arguments of a tool, that a form takes."""


def reshaped(form: Form, step: str, at: int, tools: Path) -> tuple[Form, str]:
    """Returns the form after a step, and the field that gets the focus, empty for the one that has it.

    Steps of a row: `add-call`, `remove-call`, `tool` (the tool of a call was chosen), `text` and `fields`; of a tool:
    `add-argument`, `remove-argument`, `text` and `fields`. Other steps change nothing. Raises InputError if fields
    cannot hold the text, or text the fields.
    """
    file = read_tools(tools)
    if isinstance(form, RowForm):
        return _row(form, step, at, {tool.name: tool for tool in file.tools})
    return _tool(form, step, at, file) if isinstance(form, ToolForm) else (form, "")


def _row(form: RowForm, step: str, at: int, tools: Mapping[str, Tool]) -> tuple[Form, str]:
    match step:
        case "add-call":
            _refuse_many(len(form.calls), "calls")
            return replace(form, calls=(*form.calls, blank_call(tools))), f"calls.{len(form.calls)}.tool"
        case "remove-call":
            left = (*form.calls[:at], *form.calls[at + 1 :])
            return replace(form, calls=left), f"calls.{max(0, min(at, len(left) - 1))}.tool" if left else "message"
        case "tool":
            calls = (with_tool(call, tools) if number == at else call for number, call in enumerate(form.calls))
            return replace(form, calls=tuple(calls)), ""
        case "text":
            return as_text(form, tools), "raw"
        case "fields":
            return as_fields(form, tools), "calls.0.tool"
    return form, ""


def _tool(form: ToolForm, step: str, at: int, file: ToolsFile) -> tuple[Form, str]:
    match step:
        case "add-argument":
            _refuse_many(len(form.arguments), "arguments")
            arguments = (*form.arguments, ArgumentForm(required=True))
            return replace(form, arguments=arguments), f"arguments.{len(form.arguments)}.name"
        case "remove-argument":
            left = (*form.arguments[:at], *form.arguments[at + 1 :])
            focus = f"arguments.{max(0, min(at, len(left) - 1))}.name" if left else "description"
            return replace(form, arguments=left), focus
        case "text":
            entry = find_entry(file, form.place) if form.place is not None else None
            return replace(form, raw=json.dumps(built_entry(form, file, entry), indent=2, ensure_ascii=False)), "raw"
        case "fields":
            return _as_fields(form, file), "name"
    return form, ""


def _as_fields(form: ToolForm, file: ToolsFile) -> ToolForm:
    after = tools_from(replace(file.source, text=with_tool_saved(file, form).text))
    entry = find_entry(after, form.place) if form.place is not None else next(reversed(after.entries), None)
    opened = open_tool(after, entry) if entry else form
    if opened.raw is not None:
        raise InputError("The form cannot show this tool. Edit it as JSON.")
    return replace(opened, place=form.place)


def _refuse_many(number: int, noun: str) -> None:
    if number >= MAX_PARTS:
        raise InputError(f"The form takes at most {MAX_PARTS} {noun}. Edit them as text.")
