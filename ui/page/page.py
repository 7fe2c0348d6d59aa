"""The page's events set its location, and one listener renders the location.

An event (a button, a field, an address) carries out its action and writes `location`, nothing else. One listener,
`render`, writes everything else: it runs when `location` changes and at every tick of the timer. Their outputs are
disjoint, so a poll that began before an event cannot overwrite what the event showed.

A page does not run two calls of one listener at the same time. With trigger_mode "always_last", a call that is
requested meanwhile runs after the answer, with that moment's inputs (Gradio's js/core/src/dependency.ts, `dispatch`
and `should_dispatch`, read on 2026-11-28). Two calls can overlap if both are requested while the page still gathers the
inputs of the first. ui/page/sent.py handles that case, and lost answers.
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
from ui.page.location import STEPS, Location
from ui.page.sent import Answers, record
from ui.page.state import PageState
from ui.page.updates import Updates, value_of
from ui.services import Tenants

Action = Callable[..., Location]
FAILED, TURN = "failed", "turn"
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


class Step(Protocol):
    """One step of the page: creates its components, renders them, and registers its events."""

    def render(self, page_state: PageState) -> Updates:
        """The updates of its components for a state."""
        ...

    def wire(self, page: Page) -> None:
        """Register its events."""
        ...


class Page:
    """The page's events: the browser stores the location and the last answer's token, the session the answers."""

    def __init__(self, tenants: Tenants, render: Callable[[PageState], Updates]) -> None:
        self._tenants = tenants
        self._render = render
        self._lock = threading.Lock()
        self.location = gr.JSON(None, visible=False)
        self.token = gr.Textbox("", visible=False, elem_id="answer-token")
        self.answers = gr.State([])
        self.notice = Part(elem_id="notice")

    def wire(self, blocks: gr.Blocks, timer: gr.Timer, outputs: Sequence[Block]) -> None:
        """Render `outputs` at every tick and after every event; the first event is the page's load."""
        seen = [self.location, self.token, self.answers]
        triggers = [timer.tick, _change(self.location)]
        gr.on(triggers, self.render, seen, [*outputs, self.notice, self.token], trigger_mode="always_last", **QUICK)
        blocks.load(self.enter, None, self.location, **QUICK)

    def page_state(self, location: Mapping[str, Any] | None, request: gr.Request) -> PageState:
        """The state at a location for the sender of the request, with only their own runs."""
        return PageState(self._tenants.services(request), Location.from_mapping(location))

    def render(
        self, location: Mapping[str, Any] | None, token: str, answers: Answers, request: gr.Request
    ) -> dict[Block, Any]:
        """The updates that differ from what this page shows; empty until the page has a location."""
        if not location:
            return {}
        wanted = self._render(self.page_state(location, request))
        failed = location.get(FAILED)
        shown = callout("error", "The action failed", str(failed)) if failed else wanted.get(self.notice, "")
        wanted[self.notice] = shown
        with self._lock:
            changed, sent = record(answers, token, wanted)
        values = {block: value_of(update) for block, update in changed.items()}
        return {**values, self.token: sent} if values else {}

    def on(self, trigger: Callable[..., Any], act: Action, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """Register a trigger: `act(page_state, *values)` returns the next location, and the page renders it."""

        def handle(location: dict[str, Any], request: gr.Request, *values: Any) -> dict[str, str]:
            return _after(self.page_state(location, request), lambda page_state: act(page_state, *values))

        return trigger(handle, [self.location, *inputs], self.location, **{**QUICK, **options})

    def on_click(
        self, part: gr.HTML, act: Action, inputs: Sequence[Block] = (), *, event: str = "act", **options: Any
    ) -> Any:
        """Register the buttons in `part`: `act(page_state, data, *values)` returns the next location.

        `event` is another event that the part's script triggers.
        """

        def handle(location: dict[str, Any], click: gr.EventData, request: gr.Request, *values: Any) -> dict[str, str]:
            return _after(
                self.page_state(location, request), lambda page_state: act(page_state, clicked(click), *values)
            )

        every = {**QUICK, "trigger_mode": "multiple"}  # "once" would drop a click during another call
        return getattr(part, event)(handle, [self.location, *inputs], self.location, **{**every, **options})

    def enter(self, request: gr.Request) -> dict[str, str]:
        """The location in the page's address."""
        return _stamped(Location.from_mapping(dict(request.query_params)))


def _after(page_state: PageState, act: Callable[[PageState], Location]) -> dict[str, str]:
    """The location after an action; if the action failed, the same one with the reason."""
    try:
        return _stamped(act(page_state))
    except InputError as error:
        return {**_stamped(page_state.location), FAILED: str(error)}


def _stamped(location: Location) -> dict[str, str]:
    """The location with a random value, so that an action that keeps the location also triggers a render."""
    return {**location.to_dict(), TURN: secrets.token_hex(4)}


def _change(field: Any) -> Any:
    """The change event; Gradio adds it to its classes at run time, so mypy cannot see it."""
    return field.change


def go(step: str) -> Action:
    """An action that opens a step of the same run."""

    def act(page_state: PageState, *_: Any) -> Location:
        return replace(page_state.location, step=step, asking=None)

    return act


def open_run(page_state: PageState, run_id: str) -> Location:
    """The location of a run, at the last step that it reached."""
    found = next((summary for summary in page_state.runs if summary.id == run_id), None)
    return Location(run=run_id, step=found.stage if found and found.stage in STEPS else "train")


def pick_step(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the step that a button names."""
    return go(data.get("step", "data"))(page_state)
