"""The rows that the tuned model got wrong, filtered by tool and by kind of error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import gradio as gr

from ui.charts import Chart
from ui.markup import Html, badge, call_text, code, esc, joined, table
from ui.page import QUICK, Page
from ui.paging import Slice, page_number
from ui.painter import Holder, Keyed, Wanted
from ui.part import Part, pressed
from ui.place import Place
from ui.scene import Scene

PAGE_SIZE = 8
ALL = "all"
NO_CALL = "no call"
KINDS = {
    "no_call": "no call",
    "unparsed": "cannot be read",
    "unknown_tool": "unknown tool",
    "wrong_tool": "wrong tool",
    "extra_call": "extra call",
    "missing_arg": "argument missing",
    "extra_arg": "extra argument",
    "wrong_type": "wrong type",
    "enum_violation": "value not allowed",
    "wrong_value": "wrong value",
}
Rows = Sequence[dict[str, Any]]


class WrongRows(Holder):
    """Two filters and the table below them."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]):
            self.title = Part("<div class='card-head'><h2>Wrong rows</h2></div>")
            with gr.Row(elem_classes=["ft-row"]) as self.filters:
                self.tool = gr.Dropdown([("All tools", ALL)], value=ALL, label="Tool", filterable=False)
                self.kind = gr.Dropdown([("All errors", ALL)], value=ALL, label="Error", filterable=False)
            self.list = Part(elem_id="wrong-rows")

    def paint(self, scene: Scene) -> Wanted:
        """All wrong rows of the run's evaluation."""
        rows = wrong_rows(scene)
        tools = Counter(name for row in rows for name in _tools(row))
        kinds = Counter(str(row["error_class"]) for row in rows)
        key = f"{scene.place.run} {scene.run.evaluation_path.stat().st_mtime_ns if scene.run else 0}"
        tool_choices = [
            (f"All tools ({len(rows):,})", ALL),
            *((f"{name} ({n:,})", name) for name, n in tools.most_common()),
        ]
        kind_choices = [
            (f"All errors ({len(rows):,})", ALL),
            *((f"{KINDS.get(kind, kind)} ({n:,})", kind) for kind, n in kinds.most_common()),
        ]
        return {
            self.filters: gr.update(visible=bool(rows)),
            self.tool: Keyed(key, gr.update(choices=tool_choices, value=ALL)),
            self.kind: Keyed(key, gr.update(choices=kind_choices, value=ALL)),
            self.list: Keyed(key, row_table(rows, ALL, ALL, 0).text),
        }

    def wire(self, page: Page, chart: Chart) -> None:
        """Let the filters, the pager and the chart's bars choose the rows."""

        def listed(place: dict[str, Any], tool: str, kind: str, number: int) -> str:
            return row_table(wrong_rows(Scene(page.services, Place.from_mapping(place))), tool, kind, number).text

        def turn(place: dict[str, Any], tool: str, kind: str, event: gr.EventData) -> str:
            return listed(place, tool, kind, page_number(pressed(event).get("page")))

        def pick(place: dict[str, Any], tool: str, kind: str) -> str:
            return listed(place, tool, kind, 0)

        def bar(place: dict[str, Any], event: gr.EventData) -> tuple[Any, Any, str]:
            name = pressed(event).get("label", ALL)
            known = {
                tool for row in wrong_rows(Scene(page.services, Place.from_mapping(place))) for tool in _tools(row)
            }
            tool = name if name in known else ALL
            return tool, ALL, listed(place, tool, ALL, 0)

        filters = [page.place, self.tool, self.kind]
        self.list.act(turn, filters, self.list, **QUICK)
        gr.on([self.tool.input, self.kind.input], pick, filters, self.list, **QUICK)
        chart.act(bar, page.place, [self.tool, self.kind, self.list], **QUICK)


def wrong_rows(scene: Scene) -> Rows:
    """The tuned model's wrong rows; empty where nothing was measured."""
    rows = (scene.evaluation or {}).get("tuned", {}).get("rows", [])
    return [row for row in rows if not row["right"]]


def row_table(rows: Rows, tool: str, kind: str, page: int) -> Html:
    """One page of the rows that pass both filters."""
    if not rows:
        return Html('<p class="note">None: every held-out row is right.</p>')
    found = [row for row in rows if tool in (ALL, *_tools(row)) and kind in (ALL, row["error_class"])]
    if not found:
        return Html('<p class="note">No wrong row passes both filters.</p>')
    part = Slice.of(found, page, PAGE_SIZE)
    headers = ["What was said", "Expected", "Answered", "What differs"]
    return joined(
        [table(headers, [_cells(row) for row in part.items], kind="wrong", caption="Wrong rows"), part.pager()]
    )


def _cells(row: dict[str, Any]) -> list[object]:
    kind = str(row["error_class"])
    detail = f'<div class="note">{esc(row["detail"])}</div>' if row.get("detail") else ""
    line = f'<div class="note">line {row["line"]:,}</div>' if row.get("line") else ""
    return [
        Html(f"{esc(row['message'])}{line}"),
        _calls(row["expected"]),
        _calls(row["predicted"]) if row["predicted"] is not None else code(row["raw"] or "nothing"),
        Html(f"{badge(KINDS.get(kind, kind), 'warn')}{detail}"),
    ]


def _calls(calls: Sequence[dict[str, Any]]) -> Html:
    return (
        Html("<br>".join(call_text(call).text for call in calls))
        if calls
        else Html(f'<span class="note">{NO_CALL}</span>')
    )


def _tools(row: dict[str, Any]) -> list[str]:
    """The tools that the row expects, which is what it is filtered by."""
    return sorted({call["name"] for call in row["expected"]}) or [NO_CALL]
