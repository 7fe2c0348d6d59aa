"""Plans the changes of the fixers of tools.json, and the changes of the rows that follow from them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.data.calls import read_calls
from backend.data.fixers.together import CallChange, Together, changed_calls
from backend.data.rows import Inputs, Rule
from backend.data.text import Change, Path, count, json_text, listing, path_text, repeated_keys
from backend.data.tools import ToolsFile, tools_from

_ROUNDS = 8
_SHOWN = 300


@dataclass(frozen=True)
class PlannedTools:
    """The fixed tools.json, and the changes of the calls that belong to it, each with the code of its rule."""

    file: ToolsFile
    changes_of_calls: tuple[tuple[str, CallChange], ...]


def plan_tools(inputs: Inputs, rules: Sequence[Rule]) -> tuple[list[Change], PlannedTools]:
    """Applies the fixers of the rules until none changes the file; the changes have the lines of the original file."""
    original = inputs.tools_file
    changes: list[Change] = []
    calls: list[tuple[str, CallChange]] = []
    for _ in range(_ROUNDS if original.entries else 0):
        before = inputs.tools_file.source.text
        for rule in rules:
            if rule.fixer and any(finding.fix for finding in rule.check(inputs)):
                file = inputs.tools_file
                inputs, change = _applied(inputs, rule.fixer(inputs))
                calls += [(rule.code, change)] if change else []
                changes += _changes(rule.code, original, file, inputs.tools_file)
        if inputs.tools_file.source.text == before:
            break
    return changes, PlannedTools(inputs.tools_file, tuple(calls))


def _applied(inputs: Inputs, fixed: Any) -> tuple[Inputs, CallChange | None]:
    """Returns the inputs after a fix, whose rows have the changed calls, and the change of the calls."""
    if not isinstance(fixed, Together):
        return replace(inputs, tools_file=_written(inputs.tools_file, fixed)), None
    cells = {
        text: read_calls(changed_calls(inputs.cell(text), fixed.change))
        for text in dict.fromkeys(row.calls for row in inputs.rows if row.calls)
    }
    return replace(inputs, tools_file=_written(inputs.tools_file, fixed.value), cells=cells), fixed.change


def replace_schemas(
    code: str, file: ToolsFile, schemas: Iterable[tuple[Path, Mapping[str, Any]]]
) -> tuple[list[Change], ToolsFile]:
    """Returns the changes that replace the schemas at these paths, on the lines of `file`, and the new file."""
    changes: list[Change] = []
    raw = copy.deepcopy(file.raw)
    for path, schema in schemas:
        holder = raw
        for step in path[:-1]:
            holder = holder[step]
        before, after = (json.dumps(value, ensure_ascii=False) for value in (holder[path[-1]], schema))
        changes.append(Change("tools", file.line(path), path_text(path), code, before, after))
        holder[path[-1]] = schema
    return changes, _written(file, raw) if changes else file


def _written(file: ToolsFile, value: Any) -> ToolsFile:
    return tools_from(replace(file.source, text=tools_text(value), encoding="utf-8", bad_lines=()))


def tools_text(value: Any) -> str:
    """Returns the JSON text of a tools.json, with escapes if it has a lone surrogate."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = json.dumps(value, indent=2)
    return text + "\n"


def _changes(code: str, original: ToolsFile, before: ToolsFile, after: ToolsFile) -> list[Change]:
    """Returns one change for each tool that differs, and one for an object around the list."""
    changes: list[Change] = []
    if before.wrapper and not after.wrapper:
        changes.append(Change("tools", 1, None, code, before.wrapper, "a plain list"))
    if len(before.entries) != len(after.entries):
        items, left = (count(len(file.entries), "item") for file in (before, after))
        return [*changes, Change("tools", 1, None, code, items, left)]
    firsts = original.entries if len(original.entries) == len(before.entries) else before.entries
    for first, old, new in zip(firsts, before.entries, after.entries, strict=True):
        texts = [json.dumps(_item(file, entry.path), indent=2) for file, entry in ((before, old), (after, new))]
        if texts[0] != texts[1]:
            changes.append(Change("tools", original.line(first.path), path_text(first.path), code, texts[0], texts[1]))
    if not changes and before.departures:
        changes.append(Change("tools", 1, None, code, f"JSON with {listing(before.departures)}", "JSON"))
    if not changes and before.source.text != after.source.text and next(repeated_keys(before.raw), None):
        changes.append(Change("tools", 1, None, code, "a key twice in an object", "the last of its values"))
    if not changes and before.raw != after.raw:
        texts = [json_text(file.raw)[:_SHOWN] for file in (before, after)]
        changes.append(Change("tools", 1, None, code, texts[0], texts[1]))
    if not changes and before.source.encoding != after.source.encoding:
        changes.append(Change("tools", 1, None, code, before.source.encoding.upper(), "UTF-8"))
    return changes


def _item(file: ToolsFile, path: tuple[str | int, ...]) -> Any:
    value = file.raw
    for step in path:
        value = value[step]
    return value
