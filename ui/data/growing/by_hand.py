"""The way by hand: a prompt to copy into any chat, and a box for its answer."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from ui.data.growing.opening import growth_of
from ui.guard import storable
from ui.html import COPY, Part, callout, copy_button, listing
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import Growth

ROWS = "Copy this prompt into any chat. Then paste its whole answer below."
LABELS = (
    "Now each sentence is labelled again, without its label in sight. Copy this prompt into a new chat, and paste its "
    "answer."
)
PART = "hand"


class ByHand(Panel):
    """The prompt, the box, and the button that passes the answer through the gate."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], visible=False, elem_id="grow-hand") as self.box:
            self.prompt = Part(elem_id="grow-prompt", also=COPY)
            self.answer = gr.Textbox("", label="Answer of the chat", lines=6, max_lines=12, elem_id="grow-answer")
            self.problem = Part(elem_id="grow-hand-problem")
            with gr.Row(elem_classes=["ft-buttons"]):
                self.check = gr.Button("Check the answer", elem_id="grow-check")
                self.skip = gr.Button("Keep them with one label", visible=False, elem_id="grow-skip")

    def render(self, page_state: PageState) -> Updates:
        """The prompt of the next request, and an empty box for its answer."""
        growth = growth_of(page_state)
        if growth is None or growth.choice.way != "hand" or not growth.begun or not growth.more:
            return {self.box: gr.update(visible=False)}
        problem = growth.problem_of(PART)
        return {
            self.box: gr.update(visible=True),
            self.prompt: KeyedUpdate(growth.request_key, lambda: _prompt(growth)),
            self.answer: KeyedUpdate(growth.request_key, ""),
            self.skip: gr.update(visible=growth.waiting),
            self.problem: callout("error", "The answer was not taken", problem) if problem else "",
        }

    def wire(self, page: Page) -> None:
        """Register both buttons."""
        page.on(self.check.click, _check, [self.answer])
        page.on(self.skip.click, _skip)


def _prompt(growth: Growth) -> Markup:
    try:
        prompt = growth.prompt()
    except InputError as error:
        return callout("error", "There is no prompt", error)
    if prompt is None:
        return Markup("")
    title, says = ("Second labels", LABELS) if growth.waiting else ("The prompt", ROWS)
    return Markup('<div class="stack"><div class="card-head"><h2>{}</h2></div><p class="note">{}</p>{}{}</div>').format(
        title, says, copy_button("Copy the prompt"), listing("Show the prompt", prompt.text)
    )


def _check(page_state: PageState, answer: Any) -> Location:
    growth, pasted = growth_of(page_state), storable(str(answer or ""))

    def act() -> None:
        assert growth is not None
        if not pasted.strip():
            raise InputError("Paste the answer of the chat first.")
        page_state.services.growths.take_room(len(pasted.encode()))
        growth.paste(pasted)

    if growth is not None:
        growth.attempt(PART, act)
    return page_state.location


def _skip(page_state: PageState) -> Location:
    if growth := growth_of(page_state):
        growth.attempt(PART, growth.keep_unlabelled)
    return page_state.location
