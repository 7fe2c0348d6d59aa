"""The problems found in the data: grouped by rule, filtered, and each with its row and its fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.records import Issue
from ui.data.editing import open_place
from ui.data.filters import ALL, Filter, codes, severities, tools
from ui.data.groups import Unfolded, group_list, grouped
from ui.data.row_detail import row_detail, rows_behind
from ui.html import Part, callout, clicked, page_number, text
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates

FEW_TO_FILTER = 12
# Every click sends which groups are open, so that they stay open when the list is rendered again.
SEND_OPEN_GROUPS = """
const sendOpenGroups = () => {
  const open = [...element.querySelectorAll('details[data-group][open]')].map((one) => one.dataset.group).join(' ');
  element.querySelectorAll('[data-do]').forEach((one) => { one.dataset.open = open; });
};
element.addEventListener('toggle', sendOpenGroups, true);
element.addEventListener('pointerdown', sendOpenGroups, true);
element.addEventListener('keydown', sendOpenGroups, true);
"""


class Problems(Panel):
    """The filters and the groups below them."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]):
            self.severity = gr.Radio(
                [("All", ALL)], value=ALL, label="Show", show_label=False, elem_classes=["ft-segments"],
                elem_id="severity",
            )  # fmt: skip
            with gr.Row(elem_classes=["ft-row"], visible=False) as self.more:
                self.code = gr.Dropdown([("All rules", ALL)], value=ALL, label="Rule", elem_id="filter-code")
                self.tool = gr.Dropdown([("All tools", ALL)], value=ALL, label="Tool", elem_id="filter-tool")
            self.list = Part(elem_id="problems", also=SEND_OPEN_GROUPS)

    def render(self, page_state: PageState) -> Updates:
        """Show all problems, errors first."""
        report, key = page_state.report, page_state.data_key
        if report is None:
            return {}

        def severity() -> Any:
            choices = severities(report.issues)
            return gr.update(choices=choices, value=ALL, visible=len(choices) > 2)

        return {
            self.severity: KeyedUpdate(key, severity),
            self.more: KeyedUpdate(key, lambda: gr.update(visible=len(report.issues) > FEW_TO_FILTER)),
            self.code: KeyedUpdate(key, lambda: gr.update(choices=codes(report.issues), value=ALL)),
            self.tool: KeyedUpdate(key, lambda: gr.update(choices=tools(report), value=ALL)),
            self.list: KeyedUpdate(key, lambda: problem_list(page_state, Filter(), Unfolded())),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the filters, groups, pagers and fix buttons."""
        fields = [page.location, self.severity, self.code, self.tool]

        def click(
            location: dict[str, Any], severity: str, code: str, tool: str, event: gr.EventData, request: gr.Request
        ) -> Any:
            data = clicked(event)
            if data.get("do") in ("fix", "edit"):
                return gr.skip()
            return problem_list(page.page_state(location, request), Filter(severity, code, tool), unfolded_by(data))

        def pick(location: dict[str, Any], severity: str, code: str, tool: str, request: gr.Request) -> str:
            return problem_list(page.page_state(location, request), Filter(severity, code, tool), Unfolded())

        self.list.act(click, fields, self.list, **QUICK)
        page.on_click(self.list, _open)
        for field in (self.severity, self.code, self.tool):
            field.input(pick, fields, self.list, **QUICK)


def _open(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the preview of fixes, or the form, that a button names."""
    return open_place(page_state, data) if data.get("do") == "edit" else open_fixes(page_state, data)


def open_fixes(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the preview of the fixes that a button names."""
    if data.get("do") != "fix":
        return page_state.location
    location = replace(page_state.location, fixing=data.get("fixing"))
    plan = replace(page_state, location=location).plan
    if plan:
        plan.done.wait(1.0)
    return location


def unfolded_by(data: dict[str, str]) -> Unfolded:
    """The parts of the list that stay open after a click."""
    line, place = data.get("line", ""), data.get("place", "")
    turned = data.get("do") == "page" and bool(place)
    return Unfolded(
        frozenset(data.get("open", "").split()),
        data.get("group", ""),
        page_number(data.get("outer" if turned else "page")),
        int(line) if line.isdecimal() else None,
        place,
        page_number(data.get("page")) if turned else 0,
    )


def problem_list(page_state: PageState, picked: Filter, unfolded: Unfolded) -> Markup:
    """The groups of the problems that match a filter, or a message that there are none."""
    report = page_state.report
    if report is None:
        return Markup("")
    if not report.issues:
        return callout("ok", "No problems found", "Every check passed. You can train on these files.")
    found = picked.pick(report)
    if not found:
        return Markup('<p class="note">No problem matches these filters.</p>')
    return group_list(grouped(found), unfolded, partial(_detail, page_state))


def _detail(page_state: PageState, issue: Issue, page: int, pager: Mapping[str, str]) -> Markup:
    """The row of a problem of the CSV, or the rows that a problem of tools.json follows from."""
    if page_state.report is not None and issue.file == "tools":
        return rows_behind(page_state.report, issue, page, pager)
    return row_detail(page_state, issue.line or 0)


def summary_line(rows: int, tools: int, issues: Sequence[Issue]) -> str:
    """The counts as one line, such as `942 rows · 6 tools · 0 errors · 34 warnings`."""
    counts = Counter(issue.severity for issue in issues)
    parts = [text.count(rows, "row"), text.count(tools, "tool"), text.count(counts["error"], "error")]
    return " · ".join([*parts, text.count(counts["warning"], "warning")])
