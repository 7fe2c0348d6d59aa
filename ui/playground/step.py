"""Step 5, Try: enter a message, and see the call that the phone would make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.inference import askable, runtime_installed
from backend.runs import STARTER
from ui.html import Part, button, callout, card, clicked, empty, heading, progress
from ui.page import KeyedUpdate, Page, PageState, Panel, Updates, pick_step
from ui.playground.ask import MAX_MESSAGE, exchanges_of, held_out_rows
from ui.playground.batch import BatchForm
from ui.playground.browser_model import SCRIPT, Given, browser_panel
from ui.playground.correction import CorrectForm
from ui.playground.history import KINDS, Exchange, exchange_view, history_view
from ui.services import exported, runtime_route

LEAD = "The exported file answers here as on the phone, in the same runtime."
EXAMPLES_SHOWN = 8
MOST_EXCHANGES = 20
SERVER, BROWSER = "server", "browser"
WHERE = [("On the server", SERVER), ("In this browser", BROWSER)]
ASK_BROWSER = """
async (location, message, exchanges, comparison, where, _) => {
  const messages = message.trim() ? [message.trim()] : [];
  return [location, message, exchanges, comparison, where, await window.ftBrowser.answer(where, messages)];
}
"""
CHOOSE = "(where) => { window.ftBrowser.choose(where); }"
NO_BASE = "The starter was trained from scratch on this data, so there is no base model to compare with."
OPTIONS: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class TryStep(Panel):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Try", LEAD))
        self.blank = Part(elem_id="try-blank")
        self.exchanges = gr.State([])
        self.given = gr.JSON(None, visible=False)
        with gr.Column(visible=False) as self.desk:
            with gr.Column(elem_classes=["ft-card"]):
                with gr.Row(elem_classes=["ft-row", "ft-tight"]):
                    self.message = gr.Textbox(
                        label="Message", placeholder="What would someone say to your app?", max_length=MAX_MESSAGE,
                        scale=5, elem_id="message", autofocus=True,
                    )  # fmt: skip
                    self.ask = gr.Button("Ask", variant="primary", scale=0, min_width=110, elem_id="ask")
                    self.stop = gr.Button("Stop", visible=False, scale=0, min_width=110)
                with gr.Row(elem_classes=["ft-row"]):
                    self.where = gr.Radio(WHERE, value=SERVER, label="Run it", elem_id="try-where")
                    self.comparison = gr.CheckboxGroup([], label="Side by side with", elem_id="try-beside")
                self.browser = Part(also=SCRIPT, elem_id="browser-model")
                self.examples = Part(elem_id="try-examples")
                self.alone = Part(elem_id="try-alone")
            self.answer = Part(elem_id="answer")
            self.correct = CorrectForm()
            self.many = BatchForm()
            self.history = Part(elem_id="history")

    def render(self, page_state: PageState) -> Updates:
        """The form if there is an exported file, else the next step to get one; another run clears the form."""
        ready = page_state.has("export")
        run = str(page_state.location.run)
        updates: Updates = {self.blank: _blank(page_state), self.desk: gr.update(visible=ready)}
        if ready:
            server, browser = _on_server(page_state), runtime_route() is not None
            where = gr.update(value=SERVER if server or not browser else BROWSER, visible=server and browser)
            updates |= {
                self.examples: _examples(page_state),
                self.where: KeyedUpdate(f"{run} {server} {browser}", where),
                self.browser: browser_panel(page_state),
                **self._comparison(page_state),
                **self.correct.render(page_state),
                **self.many.render(page_state),
                self.exchanges: KeyedUpdate(run, []),
                self.answer: KeyedUpdate(run, ""),
                self.history: KeyedUpdate(run, ""),
                self.message: KeyedUpdate(run, ""),
            }
        return updates

    def _comparison(self, page_state: PageState) -> Updates:
        """The models to compare with the file, and a sentence if one is missing."""
        assert page_state.run is not None
        choices = [(KINDS[which], which) for which in askable(page_state.run)]
        shown = gr.update(choices=choices, value=[], visible=bool(choices))
        starter = page_state.run.config.base_model == STARTER
        return {
            self.comparison: KeyedUpdate(f"{page_state.run.id} {choices}", shown),
            self.alone: Markup('<p class="note">{}</p>').format(NO_BASE) if starter and choices else "",
        }

    def wire(self, page: Page) -> None:
        """Register the events: the button, Enter or an example asks, in the browser first if that is selected."""
        outputs = [self.ask, self.stop, self.answer, self.exchanges, self.history]
        inputs = [page.location, self.message, self.exchanges, self.comparison, self.where, self.given]

        def ask(
            location: dict[str, Any],
            message: str,
            exchanges: list[Exchange],
            comparison: list[str],
            _where: str,
            given: Any,
            request: gr.Request,
        ) -> Iterator[tuple[Any, ...]]:
            page_state = page.page_state(location, request)
            yield from answering(page_state, message, exchanges, comparison, Given.from_json(given))

        def fill(event: gr.EventData) -> str:
            return clicked(event).get("message", "")

        asking: dict[str, Any] = {**OPTIONS, "concurrency_limit": 4, "js": ASK_BROWSER}
        submitted = gr.on([self.ask.click, self.message.submit], ask, inputs, outputs, **asking)
        filled = [part.act(fill, None, self.message, queue=False, **OPTIONS) for part in (self.examples, self.history)]
        then = [event.then(ask, inputs, outputs, **asking) for event in filled]
        idle = (gr.update(visible=True), gr.update(visible=False), callout("warn", "Stopped"))
        self.stop.click(lambda: idle, None, outputs[:3], cancels=[submitted, *then], queue=False, **OPTIONS)
        self.where.input(None, self.where, None, js=CHOOSE)
        self.correct.wire(page, self.exchanges, self.answer)
        self.many.wire(page, self.where, self.comparison)
        page.on_click(self.blank, pick_step)


def answering(
    page_state: PageState, message: str, exchanges: list[Exchange], comparison: Sequence[str], given: Given | None
) -> Iterator[tuple[Any, ...]]:
    """Yields the progress and then the answer."""
    message = (message or "").strip()
    if not message:
        yield gr.update(), gr.update(), callout("plain", "Enter a message first"), gr.skip(), gr.skip()
        return
    if given is not None and given.stopped and message not in given.answers:
        yield gr.update(), gr.update(), callout("warn", "Stopped"), gr.skip(), gr.skip()
        return
    doing = "Answering. Opening the file the first time takes a few seconds."
    waiting = card("Answering", progress(None, doing))
    yield gr.update(visible=False), gr.update(visible=True), waiting, gr.skip(), gr.skip()
    newest = Exchange(message, {}, None)
    for exchange in exchanges_of(page_state, message, given, comparison):
        newest = exchange or newest
        yield gr.update(), gr.update(), exchange_view(exchange) if exchange else gr.skip(), gr.skip(), gr.skip()
    exchanges = [newest, *exchanges][:MOST_EXCHANGES]
    yield gr.update(visible=True), gr.update(visible=False), exchange_view(newest), exchanges, history_view(exchanges)


def _blank(page_state: PageState) -> Markup:
    if page_state.has("export"):
        return Markup("")
    if page_state.stage("export").active:
        back = button("step", "See the export", step="export")
        return empty("Export first", "You can try the file when it is exported.", back)
    step, name = ("export", "Go to Export") if page_state.has("train") else ("train", "Go to Train")
    return empty(
        "Nothing to try yet",
        "The exported file answers here. Train a model and export it first.",
        button("step", name, kind="primary", step=step),
    )


def _on_server(page_state: PageState) -> bool:
    """Whether the server has the runtime and the file."""
    file = exported(page_state.run) if page_state.run else None
    return runtime_installed() and file is not None and file.path is not None


def _examples(page_state: PageState) -> Markup:
    """Buttons with held-out messages, distributed over the tools."""
    by_tool: dict[str, list[str]] = {}
    for row in held_out_rows(page_state):
        by_tool.setdefault(row.expected[0].name if row.expected else "", []).append(row.message)
    lists = list(by_tool.values())
    spread = [messages[at] for at in range(EXAMPLES_SHOWN) for messages in lists if at < len(messages)]
    chips = [button("ask", message, kind="chip", message=message) for message in spread[:EXAMPLES_SHOWN]]
    if not chips:
        return Markup("")
    return Markup('<p class="note">From the held-out rows</p><div class="chips">{}</div>').format(
        Markup("").join(chips)
    )
