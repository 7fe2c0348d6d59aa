"""The problems found in the data: a table that can be filtered by severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import gradio as gr

from backend.records import Issue
from ui import text
from ui.markup import Html, badge, callout, code, esc, joined, table
from ui.page import QUICK, Page
from ui.paging import Slice, page_number
from ui.painter import Holder, Keyed, Wanted
from ui.part import Part, pressed
from ui.place import Place
from ui.scene import Scene

PAGE_SIZE = 10
TONES: dict[str, Any] = {"error": "error", "warning": "warn", "info": "plain"}
FILES = {"csv": "CSV", "tools": "tools.json"}
NAMES = {"error": "Errors", "warning": "Warnings", "info": "Notes"}
ALL = "all"


class Problems(Holder):
    """The filter and the table below it."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]):
            self.severity = gr.Radio(
                [("All", ALL)],
                value=ALL,
                label="Show",
                show_label=False,
                elem_classes=["ft-segments"],
                elem_id="severity",
            )
            self.list = Part(elem_id="problems")

    def paint(self, scene: Scene) -> Wanted:
        """All problems, errors first."""
        if scene.report is None:
            return {}
        issues = scene.report.issues
        counts: Counter[str] = Counter(issue.severity for issue in issues)
        choices = [(f"All {len(issues):,}", ALL)]
        choices += [(f"{name} {counts[severity]:,}", severity) for severity, name in NAMES.items() if counts[severity]]
        key = f"{scene.source} {choices}"
        return {
            self.severity: Keyed(key, gr.update(choices=choices, value=ALL, visible=len(choices) > 2)),
            self.list: Keyed(key, problem_list(issues, ALL, 0).text),
        }

    def wire(self, page: Page) -> None:
        """Let the filter and the pager change the table."""

        def turn(place: dict[str, Any], severity: str, event: gr.EventData) -> str:
            return listed(place, severity, page_number(pressed(event).get("page")))

        def pick(place: dict[str, Any], severity: str) -> str:
            return listed(place, severity, 0)

        def listed(place: dict[str, Any], severity: str, number: int) -> str:
            report = Scene(page.services, Place.from_mapping(place)).report
            return problem_list(report.issues, severity, number).text if report else ""

        self.list.act(turn, [page.place, self.severity], self.list, **QUICK)
        self.severity.input(pick, [page.place, self.severity], self.list, **QUICK)


def problem_list(issues: Sequence[Issue], severity: str, page: int) -> Html:
    """One page of the problems of a severity, or a word that there are none."""
    if not issues:
        return callout("ok", "Nothing to mend", "Every check passed: the files can be trained on as they are.")
    order = list(NAMES)
    chosen = [issue for issue in issues if severity in (ALL, issue.severity)]
    chosen.sort(
        key=lambda issue: (order.index(issue.severity), issue.file != "tools", issue.line is None, issue.line or 0)
    )
    part = Slice.of(chosen, page, PAGE_SIZE)
    shown = table(
        ["Severity", "Where", "Problem", "Fix"], [_row(issue) for issue in part.items], kind="problems",
        caption="Problems in the data",
    )  # fmt: skip
    return joined([shown, part.pager()])


def _row(issue: Issue) -> list[object]:
    return [
        badge(issue.severity if issue.severity != "info" else "note", TONES[issue.severity]),
        _where(issue),
        Html(f'{esc(issue.message)} <span class="rule">{esc(issue.code)}</span>'),
        issue.fix or "",
    ]


def _where(issue: Issue) -> Html:
    line = f"line {issue.line:,}" if issue.line is not None else "whole file"
    column = f"<br>{code(issue.column)}" if issue.column else ""
    return Html(f"{FILES[issue.file]}, {line}{column}")


def summary_line(rows: int, tools: int, issues: Sequence[Issue]) -> str:
    """`942 rows · 6 tools · 0 errors · 34 warnings`."""
    counts = Counter(issue.severity for issue in issues)
    parts = [text.count(rows, "row"), text.count(tools, "tool"), text.count(counts["error"], "error")]
    return " · ".join([*parts, text.count(counts["warning"], "warning")])
