"""How presses and ticks become what the page shows: every handler ends in one painting of the place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block
from markupsafe import Markup

from backend.errors import InputError
from ui.html import Part, callout, clicked
from ui.page.location import Location
from ui.page.pending_events import Presses
from ui.page.state import PageState
from ui.page.updates import Seen, Updates, changes
from ui.services import Tenants

Action = Callable[..., Location]
SENT_TO, PRESS = "sent to", "press"
PATIENCE = 6
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


class Step(Protocol):
    """One step of the page: builds its components, paints them, and ties its own events to the page."""

    def render(self, page_state: PageState) -> Updates:
        """What its components should show at this moment."""
        ...

    def wire(self, page: Page) -> None:
        """Tie its buttons to what they do."""
        ...


class Page:
    """The page's plumbing: where a visitor stands is held by the browser, what it has seen by the session."""

    def __init__(self, tenants: Tenants, render: Callable[[PageState], Updates]) -> None:
        self._tenants = tenants
        self._paint = render
        self.place = gr.JSON(Location().to_dict(), visible=False)
        self.seen = gr.State({})
        self.notice = Part(elem_id="notice")
        self.outputs: list[Block] = []
        self._presses = Presses()

    def page_state(self, place: Mapping[str, Any] | None, request: gr.Request) -> PageState:
        """A look at a place with the eyes of whoever asks: at their own runs and no others."""
        return PageState(self._tenants.services(request), Location.from_mapping(place))

    def show(self, page_state: PageState, seen: Seen, click: int, notice: Markup | None = None) -> dict[Block, Any]:
        """Everything that differs from what this visitor's page shows, after the press of that number."""
        place = page_state.place
        wanted = self._paint(page_state)
        wanted[self.place] = place.to_dict()
        if notice is not None:
            wanted[self.notice] = notice
        changed, now_seen = changes(wanted, seen)
        now_seen = {**now_seen, SENT_TO: json.dumps(place.to_dict(), sort_keys=True), PRESS: str(click)}
        return {**changed, self.seen: now_seen} if now_seen != seen else {self.seen: gr.skip()}

    def on(self, trigger: Callable[..., Any], act: Action, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When `trigger` fires: `act(scene, *values)` says the next place, and the page is painted anew."""

        def handle(place: dict[str, Any], seen: Seen, request: gr.Request, *values: Any) -> dict[Block, Any]:
            with self._presses.under_way(request.session_hash) as click:
                return self._done(
                    self.page_state(place, request), seen, click, lambda page_state: act(page_state, *values)
                )

        return trigger(handle, [self.place, self.seen, *inputs], self.outputs, **{**QUICK, **options})

    def on_click(self, part: gr.HTML, act: Action, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When a button inside `part` is pressed: `act(scene, data, *values)` says the next place."""

        def handle(
            place: dict[str, Any], seen: Seen, event: gr.EventData, request: gr.Request, *values: Any
        ) -> dict[Block, Any]:
            with self._presses.under_way(request.session_hash) as click:
                here = self.page_state(place, request)
                return self._done(here, seen, click, lambda page_state: act(page_state, clicked(event), *values))

        every = {**QUICK, "trigger_mode": "multiple"}  # "once" would drop a press made while another is under way
        return part.act(handle, [self.place, self.seen, *inputs], self.outputs, **{**every, **options})

    def look(self, place: dict[str, Any], seen: Seen, request: gr.Request) -> dict[Block, Any]:
        """Paint what changed on its own: a job went on, a check ended.

        A page that the last press has not reached yet (its answer is still on the way) is left alone, for a while; and
        a look in whose time something was pressed says nothing, as it would bring back what was before.
        """
        session = request.session_hash
        before = self._presses.so_far(session)
        if not before.quiet:
            return {self.seen: gr.skip()}
        behind = not _reached(place, seen, before.began)
        if behind and self._presses.late(session) < PATIENCE:
            return {self.seen: gr.skip()}
        self._presses.in_time(session)
        answer = self.show(self.page_state(place, request), {} if behind else seen, before.began)
        pressed_meanwhile = self._presses.so_far(session).began > before.began
        return {self.seen: gr.skip()} if pressed_meanwhile else answer

    def enter(self, request: gr.Request) -> dict[Block, Any]:
        """Paint the place that the address names; to a look it is a press, as the browser knows no place before."""
        with self._presses.under_way(request.session_hash) as click:
            return self.show(self.page_state(dict(request.query_params), request), {}, click)

    def _done(
        self, page_state: PageState, seen: Seen, click: int, act: Callable[[PageState], Location]
    ) -> dict[Block, Any]:
        try:
            return self.show(PageState(page_state.services, act(page_state)), seen, click, Markup(""))
        except InputError as error:
            failed = PageState(page_state.services, page_state.place)  # what the act changed is read anew
            return self.show(failed, seen, click, callout("error", "That did not work", error))


def _reached(place: Mapping[str, Any], seen: Seen, click: int) -> bool:
    """Whether what the session and the browser hold is what the last press left."""
    here = json.dumps(place, sort_keys=True)
    return seen.get(PRESS, "0") == str(click) and seen.get(SENT_TO, here) == here


def go(step: str) -> Action:
    """An act that opens a step of the same run."""

    def act(page_state: PageState, *_: Any) -> Location:
        return replace(page_state.place, step=step, asking=None)

    return act


def pick_step(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the step that a button names."""
    return go(data.get("step", "data"))(page_state)
