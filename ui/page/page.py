"""What a visitor does becomes a place, and the place becomes what the page shows.

An event (a button, a field, an address) carries out its action and writes `place`, nothing else. One listener,
`render`, writes everything else: it runs when `place` changes and at every tick of the timer. Their outputs are
disjoint, so a poll that began before an event cannot overwrite what the event showed.

A page does not run two calls of one listener at the same time. With trigger_mode "always_last", a call that is asked
for meanwhile follows the answer, with the inputs of that later moment (js/core/src/dependency.ts of Gradio, `dispatch`
and `should_dispatch`, read on 2026-11-28). Two calls can overlap if both are asked for while the page still gathers the
inputs of the first. ui/page/sent.py says what happens then, and if an answer is lost.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from backend.errors import InputError
from ui.html import Part, callout, clicked
from ui.page.location import Location
from ui.page.sent import Answers, record
from ui.page.state import PageState
from ui.page.updates import Updates, value_of
from ui.services import Tenants

Action = Callable[..., Location]
FAILED, TURN = "failed", "turn"
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
    """The page's plumbing: the browser holds the place and the token of the last answer, the session the answers."""

    def __init__(self, tenants: Tenants, render: Callable[[PageState], Updates]) -> None:
        self._tenants = tenants
        self._render = render
        self._lock = threading.Lock()
        self.location = gr.JSON(None, visible=False)
        self.token = gr.Textbox("", visible=False, elem_id="answer-token")
        self.answers = gr.State([])
        self.notice = Part(elem_id="notice")

    def wire(self, blocks: gr.Blocks, timer: gr.Timer, outputs: Sequence[Block]) -> None:
        """Render `outputs` at every tick and after every event; the first event is that the page is opened."""
        seen = [self.location, self.token, self.answers]
        triggers = [timer.tick, _change(self.location)]
        gr.on(triggers, self.render, seen, [*outputs, self.notice, self.token], trigger_mode="always_last", **QUICK)
        blocks.load(self.enter, None, self.location, **QUICK)

    def page_state(self, location: Mapping[str, Any] | None, request: gr.Request) -> PageState:
        """A look at a place with the eyes of whoever asks: at their own runs and no others."""
        return PageState(self._tenants.services(request), Location.from_mapping(location))

    def render(
        self, location: Mapping[str, Any] | None, token: str, answers: Answers, request: gr.Request
    ) -> dict[Block, Any]:
        """Everything that differs from what this page shows; nothing before the page knows its place."""
        if not location:
            return {}
        wanted = self._render(self.page_state(location, request))
        failed = location.get(FAILED)
        shown = callout("error", "That did not work", str(failed)) if failed else wanted.get(self.notice, "")
        wanted[self.notice] = shown
        with self._lock:
            changed, sent = record(answers, token, wanted)
        values = {block: value_of(update) for block, update in changed.items()}
        return {**values, self.token: sent} if values else {}

    def on(self, trigger: Callable[..., Any], act: Action, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When `trigger` fires: `act(scene, *values)` says the next place, and the page is painted anew."""

        def handle(location: dict[str, Any], request: gr.Request, *values: Any) -> dict[str, str]:
            return _after(self.page_state(location, request), lambda page_state: act(page_state, *values))

        return trigger(handle, [self.location, *inputs], self.location, **{**QUICK, **options})

    def on_click(self, part: gr.HTML, act: Action, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When a button inside `part` is pressed: `act(scene, data, *values)` says the next place."""

        def handle(location: dict[str, Any], event: gr.EventData, request: gr.Request, *values: Any) -> dict[str, str]:
            return _after(
                self.page_state(location, request), lambda page_state: act(page_state, clicked(event), *values)
            )

        every = {**QUICK, "trigger_mode": "multiple"}  # "once" would drop a press made while another is under way
        return part.act(handle, [self.location, *inputs], self.location, **{**every, **options})

    def enter(self, request: gr.Request) -> dict[str, str]:
        """The place that the address names."""
        return _stamped(Location.from_mapping(dict(request.query_params)))


def _after(page_state: PageState, act: Callable[[PageState], Location]) -> dict[str, str]:
    """What the browser is to hold after an action: the next place, or the same one and why the action failed."""
    try:
        return _stamped(act(page_state))
    except InputError as error:
        return {**_stamped(page_state.location), FAILED: str(error)}


def _stamped(location: Location) -> dict[str, str]:
    """The place as a value that no earlier event left: an action that stays in its place changes the page too."""
    return {**location.to_dict(), TURN: secrets.token_hex(4)}


def _change(field: Any) -> Any:
    """The event that a value changed; gradio adds it to its classes as they are made, out of mypy's sight."""
    return field.change


def go(step: str) -> Action:
    """An act that opens a step of the same run."""

    def act(page_state: PageState, *_: Any) -> Location:
        return replace(page_state.location, step=step, asking=None)

    return act


def pick_step(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the step that a button names."""
    return go(data.get("step", "data"))(page_state)
