"""The choice where a training runs: here, or as a job on Hugging Face with a machine and a time limit."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component

from backend.jobs.huggingface import DEFAULT_FLAVOR, Flavor
from ui.html import Part, button, callout
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates

HERE, JOBS = "here", "jobs"
THEN = [("Evaluate", "evaluate"), ("Evaluate, export", "export"), ("Nothing", "stop")]
THEN_ON_JOBS = [("Evaluate, export", "export"), ("Nothing", "stop")]
"""Hugging Face has no queue of jobs: one job does all requested stages in one container."""
WHERE = [("This machine", HERE), ("Hugging Face Jobs", JOBS)]
JOBS_NOTE = "Billed by the minute while it starts and runs. You see and confirm the price before anything starts."


class JobsForm(Panel):
    """The choice of the machine and its fields."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], visible=False) as self.box:
            self.where = gr.Radio(WHERE, value=HERE, label="Where it runs", elem_classes=["ft-segments"])
            with gr.Column(visible=False) as self.order:
                with gr.Row(elem_classes=["ft-row"]):
                    self.machine = gr.Dropdown([], label="Machine", info=JOBS_NOTE, filterable=False)
                    self.minutes = gr.Textbox("", label="At most, in minutes", info="Empty: twice the estimated time.")
                self.problem = Part(elem_id="machines-trouble")

    @property
    def inputs(self) -> dict[str, Component]:
        """The inputs by name: where, the machine, the minutes."""
        return {"where": self.where, "machine": self.machine, "minutes": self.minutes}

    def render(self, page_state: PageState) -> Updates:
        """Show the choice if there is one, and the machines once the Hub has listed them."""
        identity = page_state.services.identity
        if identity.name is None:
            return {self.box: gr.update(visible=False), self.where: KeyedUpdate("nobody", HERE)}
        found = page_state.services.offers.machines(identity)
        listed = found.result or []
        alone = not identity.machine
        again = button("machines", "Ask again", kind="quiet small")
        return {
            self.box: gr.update(visible=True),
            self.where: KeyedUpdate(identity.name, gr.update(value=JOBS if alone else HERE, visible=not alone)),
            self.order: KeyedUpdate(identity.name, gr.update(visible=alone)),
            self.machine: KeyedUpdate(str(len(listed)), gr.update(choices=_choices(listed), value=_first(listed))),
            self.problem: callout("error", "The machines could not be listed", found.error, again)
            if found.error
            else "",
        }

    def wire(self, page: Page, then: gr.Radio, local: Component) -> None:
        """Register the choice: it shows the fields of a job, and limits `then` to the stages that can follow.

        `local` is the field of a setting that only a training on this machine has.
        """

        def choose(where: str) -> tuple[Any, Any, Any]:
            return gr.update(visible=where == JOBS), following(where), gr.update(visible=where == HERE)

        self.where.input(choose, self.where, [self.order, then, local], **QUICK)
        page.on_click(self.problem, _ask_again)


def following(where: str) -> Any:
    """The choices for the stages after training."""
    on_jobs = where == JOBS
    return gr.update(choices=THEN_ON_JOBS if on_jobs else THEN, value="export" if on_jobs else "evaluate")


def _ask_again(page_state: PageState, _data: dict[str, str]) -> Location:
    page_state.services.offers.forget_machines()
    return page_state.location


def _choices(machines: list[Flavor]) -> list[tuple[str, str]]:
    return [(_describe(machine), machine.name) for machine in machines]


def _describe(machine: Flavor) -> str:
    """`Nvidia T4 - small, 16 GB, $0.40 an hour`."""
    price = "price unknown" if machine.price_per_hour is None else f"${machine.price_per_hour:.2f} an hour"
    return ", ".join(filter(None, (machine.label, machine.accelerator or f"{machine.cpu}, {machine.ram}", price)))


def _first(machines: list[Flavor]) -> str | None:
    names = [machine.name for machine in machines]
    return DEFAULT_FLAVOR if DEFAULT_FLAVOR in names else next(iter(names), None)
