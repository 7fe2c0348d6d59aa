"""Fixers of the tool_calls column: each takes a cell as read and returns its new text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backend.data.calls import (
    UNFIXABLE,
    CallsCell,
    Mismatch,
    MismatchKind,
    RawCall,
    canonical_text,
    with_defaults,
    without_defaults,
)
from backend.data.rows import Inputs
from backend.data.text import nearest

CellFixer = Callable[[CallsCell, Inputs], str]


def rewritten(cell: CallsCell, change: Callable[[RawCall], tuple[str, Mapping[str, Any]]]) -> str:
    """Returns the cell with each call replaced, or the same text if no call changes or a call cannot be read."""
    if not cell.calls or len(cell.sound) != len(cell.calls):
        return cell.text
    before = [(call.name, call.arguments) for call in cell.sound]
    after = [change(call) for call in cell.sound]
    return cell.text if before == after and not _retyped(before, after) else canonical_text(after)


def _retyped(before: Any, after: Any) -> bool:
    """Whether equal values differ in type, such as True and 1."""
    return repr(before) != repr(after)


def rename_tool(cell: CallsCell, inputs: Inputs) -> str:
    """Replaces each unknown tool by the known tool with the most similar name."""

    def change(call: RawCall) -> tuple[str, Mapping[str, Any]]:
        likely = None if call.name in inputs.tools else nearest(call.name, inputs.tools)
        return likely or call.name, call.arguments

    return rewritten(cell, change)


def rename_arguments(cell: CallsCell, inputs: Inputs) -> str:
    """Renames each unknown argument to the known argument that was probably meant."""

    def change(call: RawCall) -> tuple[str, Mapping[str, Any]]:
        arguments = dict(call.arguments)
        for mismatch in inputs.mismatches(call):
            if mismatch.kind == "unknown" and mismatch.rename:
                arguments = renamed(arguments, mismatch.path, mismatch.rename)
        return call.name, arguments

    return rewritten(cell, change)


def apply_sure(kind: MismatchKind) -> CellFixer:
    """Returns a fixer that replaces each value with a mismatch of this kind if only one replacement is possible."""

    def fix(cell: CallsCell, inputs: Inputs) -> str:
        def change(call: RawCall) -> tuple[str, Mapping[str, Any]]:
            arguments = dict(call.arguments)
            for mismatch in _sure(inputs.mismatches(call), kind):
                arguments = replaced(arguments, mismatch.path, mismatch.better)
            return call.name, arguments

        return rewritten(cell, change)

    return fix


def drop_nulls(cell: CallsCell, _inputs: Inputs) -> str:
    """Removes the arguments that are null."""
    if not any(call and call.nulls for call in cell.calls or ()) or len(cell.sound) != len(cell.calls or ()):
        return cell.text
    return cell.canonical


def write_defaults(cell: CallsCell, inputs: Inputs) -> str:
    """Writes the defaults out that other rows write out."""
    return _with_defaults(cell, inputs, with_defaults)


def omit_defaults(cell: CallsCell, inputs: Inputs) -> str:
    """Removes the arguments with a default that other rows leave out."""
    return _with_defaults(cell, inputs, without_defaults)


def _with_defaults(cell: CallsCell, inputs: Inputs, apply: Callable[..., Mapping[str, Any]]) -> str:
    def change(call: RawCall) -> tuple[str, Mapping[str, Any]]:
        tool, mixed = inputs.tools.get(call.name), inputs.mixed_defaults
        schema = tool.parameters if tool else {}
        return call.name, apply(call.arguments, schema, lambda path: (call.name, path) in mixed)

    return rewritten(cell, change)


def _sure(mismatches: tuple[Mismatch, ...], kind: MismatchKind) -> Iterator[Mismatch]:
    for mismatch in mismatches:
        if mismatch.kind == kind and mismatch.sure and mismatch.better is not UNFIXABLE:
            yield mismatch


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """Returns `value` with the item at `path` replaced by `new`."""
    if not path:
        return new
    copy: Any = list(value) if isinstance(value, list) else dict(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def renamed(value: Any, path: tuple[str | int, ...], name: str) -> Any:
    """Returns `value` with the key at `path` renamed; the order of the keys stays."""
    if len(path) > 1:
        return replaced(value, path[:1], renamed(value[path[0]], path[1:], name))
    return {name if key == path[0] else key: item for key, item in value.items()}
