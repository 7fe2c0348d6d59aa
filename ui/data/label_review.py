"""Label review: labels that a simple classifier contradicts, and groups of nearly equal messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data.rows import LabelError
from backend.records import Example
from ui.data.groups import ranges
from ui.html import (
    Figure,
    Part,
    Slice,
    button,
    call_text,
    callout,
    card,
    clicked,
    empty,
    figures,
    page_number,
    progress,
    table,
    text,
)
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import Review

PAGE_SIZE = 10
GROUPS_A_PAGE = 6
MESSAGES_SHOWN = 5
OFFER = (
    "A simple classifier learns from your rows in a few seconds and predicts the labels of rows that it has not seen. "
    "If it confidently predicts another label, one of the two is wrong."
)
BASELINE = "The baseline: a fine-tuned model has to be better than this classifier, which only counts words."


class ReviewRows(Panel):
    """The button that starts the review, then both lists."""

    def __init__(self) -> None:
        self.state = Part(elem_id="review")
        with gr.Column(visible=False) as self.lists:
            with gr.Column(elem_classes=["ft-card"]):
                self.suspects = Part(elem_id="suspects")
            with gr.Column(elem_classes=["ft-card"]):
                self.groups = Part(elem_id="near-duplicates")

    def render(self, page_state: PageState) -> Updates:
        """The review's progress or its result."""
        task = page_state.review
        found = task.result if task else None
        key = f"{page_state.data_key} {found is not None}"
        return {
            self.state: _state(page_state),
            self.lists: gr.update(visible=found is not None),
            self.suspects: KeyedUpdate(key, lambda: suspect_list(found, 0) if found else ""),
            self.groups: KeyedUpdate(key, lambda: near_list(found.groups, 0) if found else ""),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the buttons and the pagers."""

        def found(location: dict[str, Any], request: gr.Request) -> Review | None:
            task = page.page_state(location, request).review
            return task.result if task else None

        def turn_suspects(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            review = found(location, request)
            return suspect_list(review, page_number(clicked(event).get("page"))) if review else ""

        def turn_groups(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            review = found(location, request)
            return near_list(review.groups, page_number(clicked(event).get("page"))) if review else ""

        page.on_click(self.state, _click)
        self.suspects.act(turn_suspects, page.location, self.suspects, **QUICK)
        self.groups.act(turn_groups, page.location, self.groups, **QUICK)


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    if data.get("do") == "review" and page_state.data and page_state.report:
        page_state.services.checker.review(page_state.data, page_state.report, page_state.services.owner)
    elif data.get("do") == "stop" and page_state.review:
        page_state.review.stop.set()
    return page_state.location


def _state(page_state: PageState) -> Markup:
    task = page_state.review
    if task is None or task.stop.is_set():
        start = button("review", "Find labels that look wrong", kind="primary")
        return empty("Review the labels", OFFER, start)
    if task.result:
        return _baseline(task.result)
    if task.error:
        return callout("error", "The rows could not be reviewed", task.error)
    stop = button("stop", "Stop", kind="quiet small")
    return card("Reviewing the rows", progress(None, task.doing or "Waiting for another review to finish"), aside=stop)


def _baseline(review: Review) -> Markup:
    report = review.suspects
    if report is None:
        return callout("plain", "No label was reviewed", review.problem)
    what = "whole call right" if report.whole_calls else "tools right"
    items = [
        Figure("Classifier's accuracy", text.percent(report.accuracy), f"{what}, on rows that it had not seen"),
        Figure("Tool right", text.percent(report.tool_accuracy), f"of {text.count(report.rows, 'row')}"),
        Figure("Suspect rows", f"{len(report.suspects):,}", f"{report.labels:,} different labels"),
    ]
    return card("Baseline: a classifier that counts words", figures(items), note=BASELINE)


def suspect_list(review: Review, page: int) -> Markup:
    """One page of the suspect rows, the most confident contradiction first."""
    title = Markup('<div class="card-head"><h2>Labels that look wrong</h2></div>')
    suspects = review.suspects.suspects if review.suspects else ()
    if not suspects:
        return Markup('{}<p class="note">The classifier confidently contradicts no label.</p>').format(title)
    part = Slice.of(suspects, page, PAGE_SIZE)
    shown = table(
        ["Line", "user_message", "Given", "Likely"], [_suspect(one) for one in part.items], kind="suspects",
        caption="Rows whose label looks wrong",
    )  # fmt: skip
    note = Markup(
        '<p class="note">Most confident first. The classifier can be wrong too: check a row before you change it.</p>'
    )
    return Markup("").join([title, note, shown, part.pager()])


def _suspect(suspect: LabelError) -> list[object]:
    return [
        f"{suspect.line:,}",
        suspect.message,
        _label(suspect.given, suspect.given_probability),
        _label(suspect.likely, suspect.likely_probability),
    ]


def _label(label: str, probability: float) -> Markup:
    return Markup('{}<div class="note">{}</div>').format(_calls(label), text.percent(probability, 0))


def _calls(label: str) -> Markup:
    """A label as calls: JSON lists of tool and arguments joined by `+`, or the tools' names only."""
    parts: list[Markup] = []
    for part in re.split(r" \+ (?=\[)", label):
        try:
            name, arguments = json.loads(part)
            parts.append(Markup("<div>{}</div>").format(call_text({"name": name, "arguments": arguments})))
        except ValueError:
            parts.append(Markup('<div class="call-line">{}</div>').format(part))
    return Markup("").join(parts)


def near_list(groups: Sequence[Sequence[Example]], page: int) -> Markup:
    """One page of the groups of rows with nearly the same message, the largest first."""
    title = Markup('<div class="card-head"><h2>Nearly equal messages</h2></div>')
    if not groups:
        return Markup('{}<p class="note">No two messages are nearly equal.</p>').format(title)
    part = Slice.of(groups, page, GROUPS_A_PAGE)
    rows = sum(map(len, groups))
    note = Markup(
        '<p class="note">{} with {}. A few add useful variety; '
        "too many outweigh other rows. The split keeps each group on one side.</p>"
    ).format(text.count(len(groups), "group"), text.count(rows, "row"))
    return Markup("").join([title, note, Markup("").join(_near(group) for group in part.items), part.pager()])


def _near(group: Sequence[Example]) -> Markup:
    shown = Markup("").join(
        Markup('<li><span class="note">{:,}</span><span>{}</span></li>').format(row.line, row.message)
        for row in group[:MESSAGES_SHOWN]
    )
    left = len(group) - MESSAGES_SHOWN
    more = Markup('<li><span></span><span class="note">and {:,} more</span></li>').format(left) if left > 0 else ""
    tools = {call.name for row in group for call in row.calls}
    mixed = f" · {len(tools)} different tools" if len(tools) > 1 else ""
    where = ranges(sorted(row.line for row in group))
    return Markup('<div class="near"><b>{}</b> <span class="note">{}{}</span><ul>{}{}</ul></div>').format(
        text.count(len(group), "row"), where, mixed, shown, more
    )
