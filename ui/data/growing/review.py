"""The written rows: those that the gate kept, to accept or leave out, and those that it refused, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from markupsafe import Markup

from backend.errors import InputError
from backend.growing import REASONS, Judged, Order
from ui.data.growing.opening import growth_of, working
from ui.data.settling import after_check
from ui.html import Part, Slice, badge, button, call_text, callout, card, page_number, table, text
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import Growth

PAGE_SIZE = 20
MOST_REFUSED = 100
PART = "review"
NOTE = (
    "Look through the rows before you add them. They are trained on and never held out. Each keeps its origin, and can "
    "be edited like any row."
)


class Review(Panel):
    """The list, and the button that adds the accepted rows to the set."""

    def __init__(self) -> None:
        self.part = Part(elem_id="grow-review")

    def render(self, page_state: PageState) -> Updates:
        """The rows that were decided on; empty while there are none."""
        growth = growth_of(page_state)
        if growth is None or not growth.judged:
            return {self.part: KeyedUpdate("none", "")}
        busy = working(page_state, growth) is not None
        return {self.part: KeyedUpdate(f"{growth.stamp} {busy}", lambda: _view(growth, busy=busy))}

    def wire(self, page: Page) -> None:
        """Register the buttons."""
        page.on_click(self.part, _click)


def _view(growth: Growth, *, busy: bool) -> Markup:
    kept, left_out = growth.kept, growth.left_out
    accepted = len(kept) - sum(one.order in left_out for one in kept)
    problem = growth.problem_of(PART)
    body = [callout("error", "The rows were not added", problem)] if problem else []
    if kept:
        body += [_actions(kept, accepted, busy=busy), *_list(growth, kept, left_out)]
    body.append(_refused([one for one in growth.judged if one.reason is not None]))
    return card(f"{text.count(len(kept), 'written row')}", Markup("").join(body), note=NOTE)


def _actions(kept: Sequence[Judged], accepted: int, *, busy: bool) -> Markup:
    add = button("add", f"Add {text.count(accepted, 'row')} to the set", kind="primary", disabled=busy or not accepted)
    doubted = any(one.doubt for one in kept)
    doubts = button("out-doubtful", "Leave the doubtful out") if doubted else Markup("")
    every = button("in-all", "Accept all") if accepted < len(kept) else button("out-all", "Leave all out")
    return Markup('<div class="actions">{}{}{}</div>').format(add, doubts, every)


def _list(growth: Growth, kept: Sequence[Judged], left_out: frozenset[int]) -> list[Markup]:
    part = Slice.of(kept, growth.page, PAGE_SIZE)
    orders = growth.grower.orders if growth.grower else ()
    rows = [_row(one, orders[one.order or 0], accepted=one.order not in left_out) for one in part.items]
    shown = table(["Message", "Call", "Asked for", ""], rows, kind="grown", caption="Written rows")
    return [shown, part.pager()]


def _row(one: Judged, order: Order, *, accepted: bool) -> list[object]:
    marks = [badge(f"the classifier expects {one.doubt}", "warn")] if one.doubt else []
    marks += [] if one.labelled_twice else [badge("one label")]
    marks += [] if accepted else [badge("left out")]
    said = Markup("<span>{}</span>{}").format(one.row.message, _marks(marks))
    label = "Leave out" if accepted else "Accept"
    act = button(
        "out" if accepted else "in", label, kind="bare small", title=f"{label}: {one.row.message}", order=one.order
    )
    return [said, _calls(one), Markup('<span class="note">{}, {}</span>').format(order.kind, order.language), act]


def _marks(marks: Sequence[Markup]) -> Markup:
    return Markup('<div class="grow-marks">{}</div>').format(Markup("").join(marks)) if marks else Markup("")


def _calls(one: Judged) -> Markup:
    calls = [Markup("<div>{}</div>").format(call_text(call.to_dict())) for call in one.row.calls]
    return Markup("<div>{}</div>").format(Markup("").join(calls) or Markup('<span class="note">nothing</span>'))


def _refused(refused: Sequence[Judged]) -> Markup:
    if not refused:
        return Markup("")
    why = Counter(one.reason for one in refused if one.reason is not None)
    items = Markup("").join(
        Markup("<li>{}: {}</li>").format(REASONS[reason], number) for reason, number in why.most_common()
    )
    rows = [
        [one.row.message, _calls(one), f"{REASONS[one.reason]}{f': {one.detail}' if one.detail else ''}"]
        for one in refused[:MOST_REFUSED]
        if one.reason is not None
    ]
    left = len(refused) - MOST_REFUSED
    more = Markup('<p class="note">and {:,} more</p>').format(left) if left > 0 else ""
    return Markup(
        '<details class="more grow-refused"><summary>{} refused</summary><ul class="examples">{}</ul>{}{}</details>'
    ).format(
        text.count(len(refused), "row"), items, table(["Message", "Call", "Why"], rows, caption="Refused rows"), more
    )


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    """Turn a page, accept rows, leave them out, or add those that are accepted."""
    growth = growth_of(page_state)
    if growth is None:
        return page_state.location
    do, kept = data.get("do", ""), growth.kept
    every = [one.order for one in kept if one.order is not None]
    order = data.get("order", "")
    match do:
        case "page":
            growth.page = page_number(data.get("page"))
        case "in" | "out" if order.isdecimal() and len(order) < 10 and int(order) in every:
            growth.attempt(PART, lambda: growth.take([int(order)], accept=do == "in"))
        case "in-all" | "out-all":
            growth.attempt(PART, lambda: growth.take(every, accept=do == "in-all"))
        case "out-doubtful":
            doubtful = [one.order for one in kept if one.doubt and one.order is not None]
            growth.attempt(PART, lambda: growth.take(doubtful, accept=False))
        case "add":
            return _added(page_state, growth)
    return page_state.location


def _added(page_state: PageState, growth: Growth) -> Location:
    """Open the set with the accepted rows; Undo leads back. Raises InputError."""
    source, location = page_state.source, page_state.location
    if source is None or growth.ledger is None:
        return location
    if working(page_state, growth):
        raise InputError("Rows are still being written. Stop that first.")
    content, accepted = growth.with_rows(source.dataset), len(growth.ledger.accepted())
    origin = replace(
        source.origin,
        made=f"Added {text.count(accepted, 'row')} that {growth.ledger.teacher} wrote.",
        parent=location.data,
    )
    draft = page_state.services.upload_store.add_changed(source, dataset=content, origin=origin)
    return after_check(page_state, Location(data=draft, like=location.like or location.run))
