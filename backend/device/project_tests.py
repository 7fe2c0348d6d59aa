"""The unit tests of the Android project: calls of the user's own rows, and calls that do not fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.device.kotlin import ToolClass, render, tool_classes
from backend.device.kotlin_schema import kotlin_value
from backend.records import Call, Example, FormatName, Tool
from backend.scoring import refusal

ROWS_PER_TOOL = 3
"""Different calls of each tool that become tests."""


@dataclass(frozen=True, slots=True)
class RowTest:
    """One call: `kotlin` is its tool's class name, `arguments` and `expected` are Kotlin expressions."""

    name: str
    kotlin: str
    arguments: str
    expected: str


def read_call_test(tools: Sequence[Tool], prompt_format: FormatName, package: str, rows: Sequence[Example]) -> str:
    """Returns the Kotlin file of the tests."""
    classes = tool_classes(tools)
    return render(
        "project/ReadCallTest.kt.jinja",
        package=package,
        prompt_format=prompt_format,
        tools=classes,
        rows=list(_row_tests(tools, classes, rows)),
        unknown=[_unused("unknown", tool.properties) for tool in tools],
        no_tool=_unused("no_such_tool", {tool.name for tool in tools}),
    )


def _row_tests(tools: Sequence[Tool], classes: Sequence[ToolClass], rows: Sequence[Example]) -> Iterator[RowTest]:
    """Yields the first different calls of each tool that fit it."""
    named = {tool.name: (tool, shown) for tool, shown in zip(tools, classes, strict=True)}
    declared = {tool.name: tool for tool in tools}
    seen: set[str] = set()
    count: Counter[str] = Counter()
    for call in (call for row in rows for call in row.calls):
        if count[call.name] == ROWS_PER_TOOL or refusal(call, declared):
            continue
        test = _row_test(call, *named[call.name])
        if test.expected not in seen:
            seen.add(test.expected)
            count[call.name] += 1
            yield test


def _row_test(call: Call, tool: Tool, shown: ToolClass) -> RowTest:
    typed = ", ".join(
        f"{argument.property} = {_typed(call.arguments[argument.key], tool.properties[argument.key])}"
        for argument in shown.arguments
        if call.arguments.get(argument.key) is not None
    )
    expected = f"AppCall.{shown.kotlin}({typed})" if shown.arguments else f"AppCall.{shown.kotlin}"
    return RowTest(call.name, shown.kotlin, kotlin_value(dict(call.arguments)), expected)


def _typed(value: Any, schema: Any) -> str:
    """Returns the value as the kit types it: an integer is a Long, a number a Double, at every depth of arrays."""
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    kind = str(known.get("type", "")).lower()
    if kind == "integer":
        return kotlin_value(int(value))
    if kind == "number":
        return kotlin_value(float(value))
    if kind == "array" and isinstance(known.get("items"), Mapping):
        return f"listOf({', '.join(_typed(item, known['items']) for item in value)})"
    return kotlin_value(value)


def _unused(name: str, taken: Mapping[str, Any] | set[str]) -> str:
    while name in taken:
        name += "_"
    return name
