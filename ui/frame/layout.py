"""The page: the list of runs, the stepper, the five steps, and the view of all runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import gradio as gr
from markupsafe import Markup

from ui.data import DataStep
from ui.evaluate import EvaluateStep
from ui.export import ExportStep
from ui.frame.api import add_api
from ui.frame.doctor_panel import DoctorPanel
from ui.frame.runs_list import RunsList
from ui.frame.stepper import FOLLOW_ADDRESS, stepper
from ui.guard import Guard
from ui.html import Part, callout, icons
from ui.jobs import JobsConfirm
from ui.page import (
    RUNS,
    STEP_NAMES,
    STEPS,
    GuardedBlocks,
    Location,
    Page,
    PageState,
    Step,
    Updates,
    blocks_of,
    rendered,
)
from ui.playground import TryStep
from ui.runs import RunsView
from ui.services import Tenants, damage_of
from ui.train import TrainStep

TITLE = "FunctionGemma Trainer"
TICK_SECONDS, SHARED_TICK_SECONDS = 1.0, 3.0
"""Seconds between polls of a page: more if many people share the app (benchmarks/load.py)."""
MOST_WAITING = 40
"""The longest queue of calls; one call may hold a file of 20 MB."""
TOP = Markup(
    '<div class="topbar"><a class="brand" href="./">{}<span>{}</span></a>'
    '<button type="button" class="btn quiet small" data-drawer aria-controls="runs">{}Runs</button></div>'
).format(icons.MARK, TITLE, icons.LIST)
BUILDERS: dict[str, type[Step]] = {
    "data": DataStep,
    "train": TrainStep,
    "evaluate": EvaluateStep,
    "export": ExportStep,
    "try": TryStep,
    RUNS: RunsView,
}
"""The steps of a run, and the view of all runs."""
TITLES = {**STEP_NAMES, RUNS: "Runs"}


@dataclass(frozen=True, slots=True)
class StepFrame:
    """The frame of a step: its components in `body`, and a callout if they cannot be rendered."""

    fault: gr.HTML
    body: gr.Column

    def whole(self) -> Updates:
        """Show the step and hide the callout."""
        return {self.fault: "", self.body: gr.update(visible=True)}

    def broken(self, callout: str) -> Updates:
        """Show the callout and hide the step, whose content belongs to an earlier location."""
        return {self.fault: callout, self.body: gr.update(visible=False)}


class Layout:
    """The parts of the page; create it inside a gr.Blocks."""

    def __init__(self, tenants: Tenants) -> None:
        with gr.Row(elem_id="shell"):
            with gr.Column(elem_id="runs", min_width=0):
                self.runs = RunsList()
            with gr.Column(elem_id="work", min_width=0):
                Part(TOP)
                self.stepper = Part(elem_id="stepper", also=FOLLOW_ADDRESS)
                self.page = Page(tenants, self.render)
                self.confirm = JobsConfirm()
                self.doctor = DoctorPanel()
                self.steps: dict[str, Step] = {}
                self.rooms: dict[str, StepFrame] = {}
                with gr.Tabs(elem_id="steps", selected=STEPS[0]) as self.tabs:
                    for name in BUILDERS:
                        with gr.Tab(TITLES[name], id=name):
                            self._build_step(name)
        if tenants.shared:
            gr.LoginButton(visible=False)  # Gradio serves the login routes only if the page has this button
        self.timer = gr.Timer(SHARED_TICK_SECONDS if tenants.shared else TICK_SECONDS)

    def _build_step(self, name: str) -> None:
        fault = Part(elem_id=f"{name}-fault")
        with gr.Column(elem_classes=["ft-step"]) as body:
            self.steps[name] = BUILDERS[name]()
        self.rooms[name] = StepFrame(fault, body)

    def render(self, page_state: PageState) -> Updates:
        """The updates of the frame and the open step; each part that fails shows its own callout."""
        name = page_state.location.step
        room = self.rooms[name]
        what = "The view of all runs" if name == RUNS else f"The {TITLES[name]} step"
        parts: list[tuple[str, Callable[[], Updates], Callable[[str], Updates]]] = [
            ("The row of steps", lambda: {self.stepper: stepper(page_state)}, lambda shown: {self.stepper: shown}),
            ("The list of runs", lambda: self.runs.render(page_state), lambda shown: {self.runs.part: shown}),
            ("The price", lambda: self.confirm.render(page_state), lambda shown: {self.confirm.part: shown}),
            ("The check", lambda: self.doctor.render(page_state), lambda shown: {self.doctor.part: shown}),
            (what, lambda: self.steps[name].render(page_state) | room.whole(), room.broken),
        ]
        wanted: Updates = {self.tabs: gr.update(selected=name)}
        for part in parts:
            wanted |= rendered(*part)
        if page_state.run_error:
            wanted[self.page.notice] = callout("error", "This run cannot be opened", page_state.run_error)
        elif page_state.run and (damage := damage_of(page_state.run)):
            wanted[self.page.notice] = callout("error", "This run is damaged", damage)
        return wanted

    def wire(self, blocks: gr.Blocks) -> None:
        """Register every part's events."""
        page = self.page
        parts = (self.runs, self.confirm, self.doctor, *self.steps.values())
        rooms = [block for room in self.rooms.values() for block in (room.fault, room.body)]
        outputs = [self.tabs, self.stepper, *rooms, *(block for part in parts for block in blocks_of(part))]
        page.on_click(self.runs.part, self.runs.click)
        page.on_click(self.stepper, _pick_step)
        page.on_click(self.confirm.part, self.confirm.click)
        page.on_click(self.doctor.part, self.doctor.click)
        for step in self.steps.values():
            step.wire(page)
        page.wire(blocks, self.timer, outputs)


def build(tenants: Tenants, guard: Guard) -> gr.Blocks:
    """The whole page with its events."""
    blocks = GuardedBlocks(guard, title=TITLE, analytics_enabled=False, fill_width=True)
    with blocks:
        Layout(tenants).wire(blocks)
        add_api(tenants)
    blocks.queue(max_size=MOST_WAITING)
    return blocks


def _pick_step(page_state: PageState, data: dict[str, str]) -> Location:
    step = data.get("step", "")
    return replace(page_state.location, step=step if step in STEPS else STEPS[0], asking=None)
