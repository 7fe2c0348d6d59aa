"""Who writes the rows: a chat by hand, a server at an address, or Hugging Face; asked for before anything is sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from backend.growing import Price
from ui.data.growing.opening import growth_of, working
from ui.guard import storable
from ui.html import Part, button, callout, progress, text
from ui.jobs import login_button
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import Growth, TeacherChoice, TeacherOffer, choice_of

WAYS = [("By hand", "hand"), ("A server", "address"), ("Hugging Face", "hub")]
NAMED = "Its name is noted in each row. By hand it may stay empty."
NOTES = {
    "hand": "You copy a prompt into any chat and paste its answer here. Nothing is sent from here.",
    "address": "Any server with OpenAI's chat protocol, such as Ollama, llama.cpp, vLLM or LM Studio.",
    "hub": "A model of Hugging Face's Inference Providers, paid by your own account.",
}
CHANGED = "The fields were changed, so nothing was sent. Press Continue, and look at the address again."
PART = "teacher"


class TeacherFields(Panel):
    """The way, its fields, and the offer with the button that starts it."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], visible=False, elem_id="grow-teacher") as self.box:
            self.title = Part(Markup('<div class="card-head"><h2>Who writes the rows</h2></div>'))
            self.way = gr.Radio(WAYS, value="hand", label="Way", elem_classes=["ft-segments"], elem_id="grow-way")
            self.note = Part(_note("hand"))
            self.address = gr.Textbox(
                "", label="Address", placeholder="http://127.0.0.1:11434/v1", visible=False, elem_id="grow-address"
            )
            self.model = gr.Textbox(
                "",
                label="Model",
                info=NAMED,
                elem_id="grow-model",
            )
            self.key = gr.Textbox(
                "", label="Key, if the server needs one", type="password", visible=False, elem_id="grow-key",
                info="It is sent to this address only, and stored nowhere.",
                html_attributes=gr.InputHTMLAttributes(autocomplete="off"),
            )  # fmt: skip
            self.most = gr.Number(1.0, label="At most, in US dollars", visible=False, elem_id="grow-most")
            with gr.Row(elem_classes=["ft-buttons"]):
                self.go = gr.Button("Continue", variant="primary", elem_id="grow-continue")
            self.offer = Part(elem_id="grow-offer")

    def render(self, page_state: PageState) -> Updates:
        """The fields as they were chosen, while no teacher writes and rows are missing."""
        growth = growth_of(page_state)
        if growth is None or not _open(page_state, growth):
            return {self.box: gr.update(visible=False)}
        choice, key = growth.choice, f"{growth.folder.name} {growth.begun} {growth.choice}"
        return {
            self.box: gr.update(visible=True),
            self.way: KeyedUpdate(key, gr.update(value=choice.way, interactive=not growth.begun)),
            self.note: KeyedUpdate(key, _note(choice.way)),
            self.address: KeyedUpdate(key, gr.update(value=choice.address, visible=choice.way == "address")),
            self.model: KeyedUpdate(key, gr.update(value=choice.model)),
            self.key: KeyedUpdate(key, gr.update(visible=choice.way == "address")),
            self.most: KeyedUpdate(key, gr.update(value=choice.most, visible=choice.way == "hub")),
            self.go: gr.update(visible=not _offered(page_state, growth)),
            self.offer: _offer(page_state, growth),
        }

    def wire(self, page: Page) -> None:
        """Register the way, the button that asks what it means, and the button that starts it."""

        def choose(way: str) -> tuple[Any, Any, Any, Any]:
            server = gr.update(visible=way == "address")
            return _note(way), server, server, gr.update(visible=way == "hub")

        self.way.input(choose, self.way, [self.note, self.address, self.key, self.most], **QUICK)
        page.on(self.go.click, _continue, [self.way, self.address, self.model, self.most])
        page.on_click(self.offer, _click, [self.way, self.address, self.model, self.most, self.key])


def _open(page_state: PageState, growth: Growth) -> bool:
    """Whether the fields are shown: until the way by hand begins, and whenever a teacher may be asked for more."""
    if working(page_state, growth):
        return False
    return not growth.begun or (growth.choice.way != "hand" and growth.more)


def _note(way: str) -> Markup:
    return Markup('<p class="note">{}</p>').format(NOTES.get(way, ""))


def _continue(page_state: PageState, way: Any, address: Any, model: Any, most: Any) -> Location:
    """Save the choice; by hand the writing begins, else the page says first what is sent to whom."""
    growth, growths = growth_of(page_state), page_state.services.growths
    if growth is None:
        return page_state.location

    def act() -> None:
        growth.choose(_chosen(way, address, model, most))
        if growth.choice.way == "hand":
            growth.begin()
        else:
            growths.ask(growth, page_state.services.identity)

    growths.drop_offer(growth)
    growth.attempt(PART, act)
    return page_state.location


def _offered(page_state: PageState, growth: Growth) -> bool:
    """Whether the offer waits for its answer."""
    task = page_state.services.growths.offer(growth)
    return task is not None and task.error is None and not growth.problem_of(PART)


def _click(
    page_state: PageState, data: dict[str, str], way: Any, address: Any, model: Any, most: Any, key: str | None
) -> Location:
    """Start what was offered, or forget it; the key goes to no address but the one in the field beside it."""
    growth, task, services = growth_of(page_state), page_state.growth, page_state.services
    if growth is None or task is None:
        return page_state.location

    def start() -> None:
        if _chosen(way, address, model, most) != growth.choice:
            services.growths.drop_offer(growth)
            raise InputError(CHANGED)
        services.growths.start(task, services.identity, key)

    if data.get("do") == "start":
        growth.attempt(PART, start)
    else:
        services.growths.drop_offer(growth)
    return page_state.location


def _chosen(way: Any, address: Any, model: Any, most: Any) -> TeacherChoice:
    return choice_of(way, storable(str(address or "")), storable(str(model or "")), most)


def _offer(page_state: PageState, growth: Growth) -> Markup:
    """Why it cannot be asked, or what is sent to whom for which price."""
    if problem := growth.problem_of(PART):
        needs_login = page_state.services.identity.visitor and growth.choice.way != "hand"
        return callout(
            "error", "This teacher cannot be asked", problem, login_button(page_state) if needs_login else ""
        )
    task = page_state.services.growths.offer(growth)
    if task is None:
        return Markup("")
    if task.error:
        return callout("error", "This teacher cannot be asked", task.error)
    if task.result is None:
        return progress(None, "Asking what it costs")
    return _question(growth, task.result)


def _question(growth: Growth, offer: TeacherOffer) -> Markup:
    most = f" for at most ${offer.choice.most:,.2f}" if offer.price else ""
    actions = button("start", f"Start{most}", kind="primary") + button("drop", "Not now")
    said = f"{_sent(growth, offer)} {offer.planned.sentence()}{_price(offer.price)}"
    return callout("accent", "Before anything is sent", said, actions)


def _sent(growth: Growth, offer: TeacherOffer) -> str:
    host = urlsplit(offer.place).netloc
    further = " Hugging Face passes them to a provider of the model." if offer.choice.way == "hub" else ""
    held_out = text.count(len(growth.material.held_out), "held-out row")
    rows = text.count(len(growth.material.given), "row")
    return f"Your tools and {rows} are sent to {host}, for {offer.choice.model}; {held_out} stay here.{further}"


def _price(price: Price | None) -> str:
    if price is None:
        return ""
    return f" A million tokens cost ${price.prompt:g} in prompts and ${price.answer:g} in answers."
