"""The writing of rows: one card after another, from the plan to the rows that are added to the set."""

from __future__ import annotations

import json
from pathlib import Path

from markupsafe import Markup

from backend.errors import InputError
from ui.data.growing.by_hand import ByHand
from ui.data.growing.opening import TITLE, closed, growth_of, open_growing, working
from ui.data.growing.plan_form import estimate_view, plan_view
from ui.data.growing.review import Review
from ui.data.growing.teacher import TeacherFields
from ui.html import Part, button, callout, card, progress
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import Growth

SCRIPT = (Path(__file__).parents[2] / "static" / "growing.js").read_text(encoding="utf-8")
LEAD = "A large model writes what your set lacks. A gate keeps the sound rows. You decide which of them are added."
PART = "plan"


class Growing(Panel):
    """The parts; all of them are empty unless the location names a growth."""

    def __init__(self) -> None:
        self.head = Part(elem_id="grow-head")
        self.plan = Part(elem_id="grow-plan", also=SCRIPT)
        self.estimate = Part(elem_id="grow-estimate")
        self.teacher = TeacherFields()
        self.hand = ByHand()
        self.review = Review()

    def render(self, page_state: PageState) -> Updates:
        """The plan until the growth begins, then the progress and the rows."""
        growth = growth_of(page_state)
        planned = growth is not None and not growth.begun and not working(page_state, growth)
        shown = growth if planned else None
        key = f"{growth.folder.name} {growth.plan}" if growth and planned else "none"
        estimate = f"{key} {growth.problem}" if growth and planned else "none"
        return {
            self.head: _head(page_state),
            self.plan: KeyedUpdate(key, lambda: plan_view(shown) if shown else ""),
            self.estimate: KeyedUpdate(estimate, lambda: estimate_view(shown) if shown else ""),
            **self.teacher.render(page_state),
            **self.hand.render(page_state),
            **self.review.render(page_state),
        }

    def wire(self, page: Page) -> None:
        """Register the events of every part."""
        page.on_click(self.head, _click)
        page.on_click(self.plan, _change, event="planned")
        for part in (self.teacher, self.hand, self.review):
            part.wire(page)


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    growth = growth_of(page_state)
    match data.get("do"):
        case "stop" if growth:
            page_state.services.growths.stop(growth)
        case "back" if growth:
            growth.attempt(PART, growth.withdraw)
        case "anew":
            return open_growing(page_state, anew=True)
        case "close":
            return closed(page_state)
    return page_state.location


def _change(page_state: PageState, data: dict[str, str]) -> Location:
    """Take a number that was typed into the plan."""
    growth = growth_of(page_state)
    if growth is not None:
        growth.attempt(PART, lambda: growth.change(_field(data.get("field", "")), _number(data.get("number", ""))))
    return page_state.location


def _field(written: str) -> list[str]:
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _number(written: str) -> int:
    if not (written.isascii() and written.isdecimal() and len(written) < 9):
        raise InputError("Enter a whole number.")
    return int(written)


def _head(page_state: PageState) -> Markup:
    task = page_state.growth
    if task is None:
        return Markup("")
    close = button("close", "Close", kind="quiet small")
    if task.error:
        return callout("error", "Rows cannot be written for this data", task.error, close)
    if task.result is None:
        return card(TITLE, progress(None, "Reading the rows"), aside=close)
    growth = task.result
    if working(page_state, growth) is None and not growth.begun:
        body = [Markup('<p class="summary">{}</p>').format(LEAD), *_ended(page_state, growth)]
        return card(TITLE, Markup('<div class="stack">{}</div>').format(Markup("").join(body)), aside=close)
    return _state(page_state, growth, close)


def _state(page_state: PageState, growth: Growth, close: Markup) -> Markup:
    """The progress of rows that are being written, or how far it came."""
    planned, totals = growth.plan.rows, growth.totals
    task = working(page_state, growth)
    fraction = min(1.0, totals.kept / max(1, planned))
    if task is None:
        again = ("anew", "Start again with a new plan") if totals.asked else ("back", "Back to the plan")
        body = Markup("").join([progress(fraction, totals.line(planned)), *_ended(page_state, growth)])
        aside = button(*again, kind="quiet small") + close
        return card(_title(growth), Markup('<div class="stack">{}</div>').format(body), aside=aside)
    stopping = task.stop.is_set()
    doing = task.doing if totals.asked == 0 else totals.line(planned)
    stop = Markup("") if stopping else button("stop", "Stop", kind="quiet small")
    says = "Stopping after this answer" if stopping else doing or "Waiting for its turn"
    note = "It goes on if you close this page."
    return card("Writing rows", progress(fraction if totals.asked else None, says), note=note, aside=stop + close)


def _title(growth: Growth) -> str:
    return "Rows written by hand" if growth.choice.way == "hand" else f"Rows of {growth.choice.model}"


def _ended(page_state: PageState, growth: Growth) -> list[Markup]:
    """Why the teacher was asked no more; empty if it was not, or if all is done."""
    task = page_state.services.growths.asking(growth)
    if task is not None and task.error:
        if task.stop.is_set():
            return [callout("plain", "You stopped the writing", "What was written is kept. Continue below.")]
        return [callout("warn", "The writing stopped", task.error)]
    if growth.begun and not growth.more:
        return [callout("ok", "No request is left", "The rows of the plan are kept, or were asked for three times.")]
    return []
