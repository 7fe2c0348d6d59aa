"""Plans the changes of the fixers of tools.json, and the changes of the rows that follow from them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from backend.data.calls import CallsCell, canonical_text
from backend.data.fixers.calls import renamed
from backend.data.fixers.tools import rename_reserved, reserved_renames
from backend.data.rows import Inputs, Rule
from backend.data.text import Change, Path, path_text
from backend.data.tools import ToolsFile, tools_from


@dataclass(frozen=True)
class PlannedTools:
    """The fixed tools.json, and the new names of arguments by tool."""

    file: ToolsFile
    text: str
    renames: dict[str, dict[str, str]]


def plan_tools(inputs: Inputs, rules: Sequence[Rule]) -> tuple[list[Change], PlannedTools]:
    """Applies the fixers of the rules one after the other; the lines of the changes are those of the original file."""
    original = file = inputs.tools_file
    changes: list[Change] = []
    renames: dict[str, dict[str, str]] = {}
    for rule in rules:
        if (
            not file.entries
            or not rule.fixer
            or not any(finding.fix for finding in rule.check(replace(inputs, tools_file=file)))
        ):
            continue
        if rule.fixer is rename_reserved:
            renames = {entry.name: names for entry in file.entries if (names := reserved_renames(entry))}
        fixed = _written(file, rule.fixer(file))
        changes += _changes(rule.code, original, file, fixed)
        file = fixed
    return changes, PlannedTools(file, file.source.text, renames)


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


def renamed_calls(cell: CallsCell, renames: Mapping[str, Mapping[str, str]]) -> str:
    """Returns the cell with the arguments renamed as in tools.json."""
    if not cell.calls or len(cell.sound) != len(cell.calls):
        return cell.text
    calls: list[tuple[str, Mapping[str, Any]]] = []
    for call in cell.sound:
        arguments = dict(call.arguments)
        for old, new in renames.get(call.name, {}).items():
            if old in arguments:
                arguments = renamed(arguments, (old,), new)
        calls.append((call.name, arguments))
    unchanged = calls == [(call.name, call.arguments) for call in cell.sound]
    return cell.text if unchanged else canonical_text(calls)


def _written(file: ToolsFile, value: Any) -> ToolsFile:
    return tools_from(replace(file.source, text=_dumped(value), encoding="utf-8", bad_lines=()))


def _dumped(value: Any) -> str:
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
    for first, old, new in zip(original.entries, before.entries, after.entries, strict=True):
        texts = [json.dumps(_item(file, entry.path), indent=2) for file, entry in ((before, old), (after, new))]
        if texts[0] != texts[1]:
            changes.append(Change("tools", original.line(first.path), path_text(first.path), code, texts[0], texts[1]))
    if not changes and before.source.encoding != after.source.encoding:
        changes.append(Change("tools", 1, None, code, before.source.encoding.upper(), "UTF-8"))
    return changes


def _item(file: ToolsFile, path: tuple[str | int, ...]) -> Any:
    value = file.raw
    for step in path:
        value = value[step]
    return value
