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
from ui.html.markup import callout
from ui.html.part import Part, pressed
from ui.page.location import Place
from ui.page.pending_events import Presses
from ui.page.state import Scene
from ui.page.updates import Seen, Wanted, changes
from ui.services.tenants import Tenants

Act = Callable[..., Place]
SENT_TO, PRESS = "sent to", "press"
PATIENCE = 6
QUICK: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


class Step(Protocol):
    """One step of the page: builds its components, paints them, and ties its own events to the page."""

    def paint(self, scene: Scene) -> Wanted:
        """What its components should show at this moment."""
        ...

    def wire(self, page: Page) -> None:
        """Tie its buttons to what they do."""
        ...


class Page:
    """The page's plumbing: where a visitor stands is held by the browser, what it has seen by the session."""

    def __init__(self, tenants: Tenants, paint: Callable[[Scene], Wanted]) -> None:
        self._tenants = tenants
        self._paint = paint
        self.place = gr.JSON(Place().to_dict(), visible=False)
        self.seen = gr.State({})
        self.notice = Part(elem_id="notice")
        self.outputs: list[Block] = []
        self._presses = Presses()

    def scene(self, place: Mapping[str, Any] | None, request: gr.Request) -> Scene:
        """A look at a place with the eyes of whoever asks: at their own runs and no others."""
        return Scene(self._tenants.services(request), Place.from_mapping(place))

    def show(self, scene: Scene, seen: Seen, press: int, notice: Markup | None = None) -> dict[Block, Any]:
        """Everything that differs from what this visitor's page shows, after the press of that number."""
        place = scene.place
        wanted = self._paint(scene)
        wanted[self.place] = place.to_dict()
        if notice is not None:
            wanted[self.notice] = notice
        changed, now_seen = changes(wanted, seen)
        now_seen = {**now_seen, SENT_TO: json.dumps(place.to_dict(), sort_keys=True), PRESS: str(press)}
        return {**changed, self.seen: now_seen} if now_seen != seen else {self.seen: gr.skip()}

    def on(self, trigger: Callable[..., Any], act: Act, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When `trigger` fires: `act(scene, *values)` says the next place, and the page is painted anew."""

        def handle(place: dict[str, Any], seen: Seen, request: gr.Request, *values: Any) -> dict[Block, Any]:
            with self._presses.under_way(request.session_hash) as press:
                return self._done(self.scene(place, request), seen, press, lambda scene: act(scene, *values))

        return trigger(handle, [self.place, self.seen, *inputs], self.outputs, **{**QUICK, **options})

    def on_press(self, part: gr.HTML, act: Act, inputs: Sequence[Block] = (), **options: Any) -> Any:
        """When a button inside `part` is pressed: `act(scene, data, *values)` says the next place."""

        def handle(
            place: dict[str, Any], seen: Seen, event: gr.EventData, request: gr.Request, *values: Any
        ) -> dict[Block, Any]:
            with self._presses.under_way(request.session_hash) as press:
                here = self.scene(place, request)
                return self._done(here, seen, press, lambda scene: act(scene, pressed(event), *values))

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
        answer = self.show(self.scene(place, request), {} if behind else seen, before.began)
        pressed_meanwhile = self._presses.so_far(session).began > before.began
        return {self.seen: gr.skip()} if pressed_meanwhile else answer

    def enter(self, request: gr.Request) -> dict[Block, Any]:
        """Paint the place that the address names; to a look it is a press, as the browser knows no place before."""
        with self._presses.under_way(request.session_hash) as press:
            return self.show(self.scene(dict(request.query_params), request), {}, press)

    def _done(self, scene: Scene, seen: Seen, press: int, act: Callable[[Scene], Place]) -> dict[Block, Any]:
        try:
            return self.show(Scene(scene.services, act(scene)), seen, press, Markup(""))
        except InputError as error:
            failed = Scene(scene.services, scene.place)  # what the act changed is read anew
            return self.show(failed, seen, press, callout("error", "That did not work", error))


def _reached(place: Mapping[str, Any], seen: Seen, press: int) -> bool:
    """Whether what the session and the browser hold is what the last press left."""
    here = json.dumps(place, sort_keys=True)
    return seen.get(PRESS, "0") == str(press) and seen.get(SENT_TO, here) == here


def go(step: str) -> Act:
    """An act that opens a step of the same run."""

    def act(scene: Scene, *_: Any) -> Place:
        return replace(scene.place, step=step, asking=None)

    return act


def pick_step(scene: Scene, data: dict[str, str]) -> Place:
    """Open the step that a button names."""
    return go(data.get("step", "data"))(scene)
