"""Changes tools.json, and says what becomes of the rows."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.data.editing.forms import ToolForm
from backend.data.editing.rows import Rewrite, renaming, with_changed_calls, without_rows_of
from backend.data.editing.tool_form import built_entry, find_entry, named_entry, renamed_arguments, value_at
from backend.data.fixers import tools_text
from backend.data.tools import ToolEntry, ToolsFile, tools_from
from backend.errors import InputError

GONE = "The tool is no longer at this place of tools.json. Choose it in the list of tools."
UNREADABLE = "tools.json cannot be read as a list of tools. Edit it as text first."


@dataclass(frozen=True, slots=True)
class ToolsChange:
    """The new text of tools.json, the change of the rows that belongs to it, and a sentence about it."""

    text: str
    rewrite: Rewrite | None
    said: str


def with_tool_saved(file: ToolsFile, form: ToolForm) -> ToolsChange:
    """Returns tools.json with the tool of a form; a renamed tool or argument is renamed in the rows too.

    Raises InputError if the form cannot be saved.
    """
    entry = _entry(file, form)
    item = built_entry(form, file, entry)
    if entry is None:
        added = tools_from(replace(file.source, text=tools_text(_with_item(file, item))))
        name = added.entries[-1].name if added.entries else form.name
        return ToolsChange(added.source.text, None, f"Added the tool {name}.")
    text = file.source.text
    if item != value_at(file.raw, entry.path) or repr(item) != repr(value_at(file.raw, entry.path)):
        text = tools_text(_replaced(file.raw, entry, item))
    name, arguments = _name_after(file, text, entry), renamed_arguments(form)
    said = f"Changed the tool {name or entry.name}."
    if entry.tool is None or not name or named_entry(file, entry.name) is not entry:
        return ToolsChange(text, None, said)
    if name == entry.name and not arguments:
        return ToolsChange(text, None, said)
    change = renaming(entry.name, name, arguments)
    return ToolsChange(text, lambda table: with_changed_calls(table, change), said)


def without_tool(file: ToolsFile, form: ToolForm, *, with_rows: bool) -> ToolsChange:
    """Returns tools.json without the tool of a form; `with_rows` says whether the rows that call it are deleted too.

    Raises InputError if the tool is gone.
    """
    entry = _entry(file, form)
    if entry is None:
        raise InputError(GONE)
    raw: Any = []
    if entry.path:
        raw = copy.deepcopy(file.raw)
        del value_at(raw, entry.path[:-1])[entry.path[-1]]
    name = entry.name
    rewrite: Rewrite | None = (lambda table: without_rows_of(table, name)) if with_rows and entry.tool else None
    return ToolsChange(tools_text(raw), rewrite, f"Deleted the tool {name}.")


def _entry(file: ToolsFile, form: ToolForm) -> ToolEntry | None:
    """Returns the entry that a form was opened for, None for a new tool. Raises InputError if it is gone."""
    if form.place is None:
        return None
    found = find_entry(file, form.place)
    if found is None:
        raise InputError(GONE)
    return found


def _with_item(file: ToolsFile, item: Any) -> Any:
    """Returns the value of tools.json with one more tool, at the end of the list."""
    if not file.source.text.strip() and file.source.readable:
        return [item]
    raw = copy.deepcopy(file.raw)
    if file.wrapper == "a single tool":
        return [raw, item]
    if file.wrapper == "an object by name":
        function = item.get("function", item)
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str) or name in raw:
            raise InputError("Give the tool a name that no other tool of this file has.")
        return {**raw, name: function}
    holder = value_at(raw, tuple(file.wrapper.split("."))) if file.wrapper else raw
    if not isinstance(holder, list):
        raise InputError(UNREADABLE)
    holder.append(item)
    return raw


def _replaced(raw: Any, entry: ToolEntry, item: Any) -> Any:
    if not entry.path:
        return item
    value = copy.deepcopy(raw)
    value_at(value, entry.path[:-1])[entry.path[-1]] = item
    return value


def _name_after(file: ToolsFile, text: str, entry: ToolEntry) -> str:
    """Returns the tool's name in the new text; empty if it has none."""
    after = tools_from(replace(file.source, text=text))
    at = next(at for at, one in enumerate(file.entries) if one is entry)
    tool = after.entries[at].tool if len(after.entries) == len(file.entries) else None
    return tool.name if tool else ""
