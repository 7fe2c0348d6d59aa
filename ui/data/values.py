"""The values of each argument with their counts; a value that never occurs cannot be learnt."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from backend.data import CheckReport
from backend.records import Tool
from ui.html import badge, card, code, meter, text

MOST_VALUES = 8
Values = Mapping[str, Mapping[str, Counter[str]]]


def value_counts(report: CheckReport) -> Markup:
    """A panel for each tool with the most frequent values of its arguments."""
    counted = _count(report)
    panels = Markup("").join(_tool(tool, counted.get(tool.name, {})) for tool in report.tools if tool.properties)
    if not panels:
        return Markup("")
    note = "Counted over the rows without errors. The model cannot learn a value that never occurs."
    return card("Values of the arguments", Markup('<div class="values">{}</div>').format(panels), note=note)


def _count(report: CheckReport) -> Values:
    counted: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for example in report.examples:
        for call in example.calls:
            for name, value in call.arguments.items():
                counted[call.name][name][_shown(value)] += 1
    return counted


def _tool(tool: Tool, arguments: Mapping[str, Counter[str]]) -> Markup:
    inside = Markup("").join(_argument(name, tool, arguments.get(name, Counter())) for name in tool.properties)
    return Markup('<details class="more"><summary>{} {}</summary>{}</details>').format(
        code(tool.name), _totals(tool, arguments), inside
    )


def _totals(tool: Tool, arguments: Mapping[str, Counter[str]]) -> Markup:
    counts = [f"{name}: {text.count(len(arguments.get(name, ())), 'value')}" for name in tool.properties]
    return Markup('<span class="note">{}</span>').format(", ".join(counts))


def _argument(name: str, tool: Tool, values: Counter[str]) -> Markup:
    most = values.most_common(MOST_VALUES)
    rows = Markup("").join(meter(times / most[0][1], value or "(empty)", f"{times:,}") for value, times in most)
    left = len(values) - len(most)
    more = (
        Markup('<p class="note">and {}</p>').format(text.count(left, "more value", "more values")) if left > 0 else ""
    )
    unused = [value for value in _declared(tool, name) if value not in values]
    never = (
        Markup('<p class="note">{} {}</p>').format(badge("never occurs", "warn"), ", ".join(unused)) if unused else ""
    )
    none = "" if values else Markup('<p class="note">No row has a value for it.</p>')
    return Markup('<div class="argument"><h4>{}</h4><div class="stack">{}{}{}{}</div></div>').format(
        name, rows, more, none, never
    )


def _declared(tool: Tool, name: str) -> Sequence[str]:
    schema = tool.properties.get(name)
    allowed = schema.get("enum") if isinstance(schema, Mapping) else None
    return [_shown(value) for value in allowed] if isinstance(allowed, list) else []


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
