"""Rows worth a second look: labels that a simple classifier contradicts, and groups of nearly equal messages."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import gradio as gr

from backend.data.rows.label_errors import Suspect
from backend.records import Example
from ui.data.groups import ranges
from ui.html import text
from ui.html.markup import Figure, Html, button, call_text, callout, card, empty, esc, figures, joined, progress, table
from ui.html.paging import Slice, page_number
from ui.html.part import Part, pressed
from ui.page.location import Place
from ui.page.page import QUICK, Page
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted
from ui.services.data_reviewing import Review

PAGE_SIZE = 10
GROUPS_A_PAGE = 6
MESSAGES_SHOWN = 5
OFFER = (
    "A simple classifier learns your rows in a few seconds and is then asked about rows that it has not seen. Where it "
    "firmly says something else than the label, one of the two is wrong."
)
FLOOR = "The floor: a fine-tuned model that does not beat this has learnt nothing that counting words could not."


class ReviewRows(Holder):
    """A button to begin, then both lists."""

    def __init__(self) -> None:
        self.state = Part(elem_id="review")
        with gr.Column(visible=False) as self.lists:
            with gr.Column(elem_classes=["ft-card"]):
                self.suspects = Part(elem_id="suspects")
            with gr.Column(elem_classes=["ft-card"]):
                self.groups = Part(elem_id="near-duplicates")

    def paint(self, scene: Scene) -> Wanted:
        """How far the search is, and what it found."""
        task = scene.review
        found = task.result if task else None
        key = f"{scene.data_key} {found is not None}"
        return {
            self.state: _state(scene).text,
            self.lists: gr.update(visible=found is not None),
            self.suspects: Keyed(key, lambda: suspect_list(found, 0).text if found else ""),
            self.groups: Keyed(key, lambda: near_list(found.groups, 0).text if found else ""),
        }

    def wire(self, page: Page) -> None:
        """Begin, stop, and turn pages."""

        def found(place: dict[str, Any], request: gr.Request) -> Review | None:
            task = page.scene(place, request).review
            return task.result if task else None

        def turn_suspects(place: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            review = found(place, request)
            return suspect_list(review, page_number(pressed(event).get("page"))).text if review else ""

        def turn_groups(place: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            review = found(place, request)
            return near_list(review.groups, page_number(pressed(event).get("page"))).text if review else ""

        page.on_press(self.state, _press)
        self.suspects.act(turn_suspects, page.place, self.suspects, **QUICK)
        self.groups.act(turn_groups, page.place, self.groups, **QUICK)


def _press(scene: Scene, data: dict[str, str]) -> Place:
    if data.get("do") == "review" and scene.data and scene.report:
        scene.services.checker.review(scene.data, scene.report, scene.services.owner)
    elif data.get("do") == "stop" and scene.review:
        scene.review.stop.set()
    return scene.place


def _state(scene: Scene) -> Html:
    task = scene.review
    if task is None or task.stop.is_set():
        look = button("review", "Look for labels that seem wrong", kind="primary")
        return empty("A second look at the labels", OFFER, look)
    if task.result:
        return _floor(task.result)
    if task.error:
        return callout("error", "The rows could not be reviewed", task.error)
    stop = button("stop", "Stop", kind="quiet small")
    return card("Reviewing the rows", progress(None, task.doing or "Waiting for another review to end"), aside=stop)


def _floor(review: Review) -> Html:
    report = review.suspects
    if report is None:
        return callout("plain", "No label was doubted", review.trouble)
    what = "the whole call right" if report.whole_calls else "the tools right"
    items = [
        Figure("Classifier's accuracy", text.percent(report.accuracy), f"{what}, on rows that it had not seen"),
        Figure("Tool right", text.percent(report.tool_accuracy), f"of {text.count(report.rows, 'row')}"),
        Figure("Suspect rows", f"{len(report.suspects):,}", f"{report.labels:,} labels told apart"),
    ]
    return card("What counting words achieves", figures(items), note=FLOOR)


def suspect_list(review: Review, page: int) -> Html:
    """One page of the rows whose label is contradicted, the firmest contradiction first."""
    title = '<div class="card-head"><h2>Labels that look wrong</h2></div>'
    suspects = review.suspects.suspects if review.suspects else ()
    if not suspects:
        return Html(f'{title}<p class="note">The classifier firmly contradicts no label.</p>')
    part = Slice.of(suspects, page, PAGE_SIZE)
    shown = table(
        ["Line", "user_message", "Given", "Likely"], [_suspect(one) for one in part.items], kind="suspects",
        caption="Rows whose label looks wrong",
    )  # fmt: skip
    note = '<p class="note">Firmest first. The classifier may be wrong too: look before you change a row.</p>'
    return joined([Html(title + note), shown, part.pager()])


def _suspect(suspect: Suspect) -> list[object]:
    return [
        f"{suspect.line:,}",
        suspect.message,
        _label(suspect.given, suspect.given_probability),
        _label(suspect.likely, suspect.likely_probability),
    ]


def _label(label: str, probability: float) -> Html:
    return Html(f'{_calls(label)}<div class="note">{text.percent(probability, 0)}</div>')


def _calls(label: str) -> Html:
    """A label as calls: it is written as JSON lists of tool and arguments with `+` between them, or as tools alone."""
    parts: list[Html] = []
    for part in re.split(r" \+ (?=\[)", label):
        try:
            name, arguments = json.loads(part)
            parts.append(Html(f"<div>{call_text({'name': name, 'arguments': arguments})}</div>"))
        except ValueError:
            parts.append(Html(f'<div class="call-line">{esc(part)}</div>'))
    return joined(parts)


def near_list(groups: Sequence[Sequence[Example]], page: int) -> Html:
    """One page of the groups of rows that say nearly the same, the largest first."""
    title = '<div class="card-head"><h2>Messages that say nearly the same</h2></div>'
    if not groups:
        return Html(f'{title}<p class="note">No two messages are nearly the same.</p>')
    part = Slice.of(groups, page, GROUPS_A_PAGE)
    rows = sum(map(len, groups))
    note = (
        f'<p class="note">{text.count(len(groups), "group")} with {text.count(rows, "row")}. A few are useful variety; '
        "many crowd out the rest. A group is kept on one side when rows are held out.</p>"
    )
    return joined([Html(title + note), Html("".join(_near(group) for group in part.items)), part.pager()])


def _near(group: Sequence[Example]) -> str:
    shown = "".join(
        f'<li><span class="note">{row.line:,}</span><span>{esc(row.message)}</span></li>'
        for row in group[:MESSAGES_SHOWN]
    )
    left = len(group) - MESSAGES_SHOWN
    more = f'<li><span></span><span class="note">and {left:,} more</span></li>' if left > 0 else ""
    tools = {call.name for row in group for call in row.calls}
    mixed = f" · {len(tools)} different tools" if len(tools) > 1 else ""
    where = ranges(sorted(row.line for row in group))
    return (
        f'<div class="near"><b>{text.count(len(group), "row")}</b> <span class="note">{esc(where)}{mixed}</span>'
        f"<ul>{shown}{more}</ul></div>"
    )
