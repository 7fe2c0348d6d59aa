"""The values that the rows give each argument, and how often: what never varies or never occurs cannot be learnt."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from backend.data import CheckReport
from backend.records import Tool
from ui.html import text
from ui.html.markup import Html, badge, card, code, esc, meter

MOST_VALUES = 8
Values = Mapping[str, Mapping[str, Counter[str]]]


def value_counts(report: CheckReport) -> Html:
    """A panel for each tool with the commonest values of its arguments."""
    counted = _count(report)
    panels = "".join(_tool(tool, counted.get(tool.name, {})) for tool in report.tools if tool.properties)
    if not panels:
        return Html("")
    note = "Counted over the rows without errors. A value that never occurs is one that the model has never seen."
    return card("Values of the arguments", Html(f'<div class="values">{panels}</div>'), note=note)


def _count(report: CheckReport) -> Values:
    counted: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for example in report.examples:
        for call in example.calls:
            for name, value in call.arguments.items():
                counted[call.name][name][_shown(value)] += 1
    return counted


def _tool(tool: Tool, arguments: Mapping[str, Counter[str]]) -> str:
    inside = "".join(_argument(name, tool, arguments.get(name, Counter())) for name in tool.properties)
    return f'<details class="more"><summary>{code(tool.name)} {_totals(tool, arguments)}</summary>{inside}</details>'


def _totals(tool: Tool, arguments: Mapping[str, Counter[str]]) -> Html:
    counts = [f"{name}: {text.count(len(arguments.get(name, ())), 'value')}" for name in tool.properties]
    return Html(f'<span class="note">{esc(", ".join(counts))}</span>')


def _argument(name: str, tool: Tool, values: Counter[str]) -> str:
    most = values.most_common(MOST_VALUES)
    rows = "".join(meter(times / most[0][1], value or "(empty)", f"{times:,}").text for value, times in most)
    left = len(values) - len(most)
    more = f'<p class="note">and {text.count(left, "more value", "more values")}</p>' if left > 0 else ""
    unused = [value for value in _declared(tool, name) if value not in values]
    never = f'<p class="note">{badge("never occurs", "warn")} {esc(", ".join(unused))}</p>' if unused else ""
    none = "" if values else '<p class="note">No row gives it.</p>'
    return f'<div class="argument"><h4>{esc(name)}</h4><div class="stack">{rows}{more}{none}{never}</div></div>'


def _declared(tool: Tool, name: str) -> Sequence[str]:
    schema = tool.properties.get(name)
    allowed = schema.get("enum") if isinstance(schema, Mapping) else None
    return [_shown(value) for value in allowed] if isinstance(allowed, list) else []


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
