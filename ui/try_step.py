"""Step 5, Try: say something, and see the call that the phone would make."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import Any

import gradio as gr

from backend.errors import InputError
from backend.jobs.answering import Answer, answerer_for
from ui import text
from ui.markup import Html, badge, button, call_card, call_text, callout, card, empty, esc, heading, joined, progress
from ui.page import Page, pick_step
from ui.painter import Holder, Keyed, Wanted
from ui.part import Part, pressed
from ui.place import Place
from ui.scene import Scene
from ui.stages import exported_file

LEAD = "The exported file answers here as it would on the phone, in the same runtime."
EXAMPLES_SHOWN = 8
KEPT = 20
POLL_SECONDS = 0.25
MAX_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of this session, and what came back."""

    message: str
    answer: Answer
    expected: list[dict[str, Any]] | None


class TryStep(Holder):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Try", LEAD).text)
        self.blank = Part(elem_id="try-blank")
        self.turns = gr.State([])
        with gr.Column(visible=False) as self.desk:
            with gr.Column(elem_classes=["ft-card"]):
                with gr.Row(elem_classes=["ft-row", "ft-tight"]):
                    self.message = gr.Textbox(
                        label="Message", placeholder="What would someone say to your app?", max_length=MAX_MESSAGE,
                        scale=5, elem_id="message", autofocus=True,
                    )  # fmt: skip
                    self.ask = gr.Button("Ask", variant="primary", scale=0, min_width=110, elem_id="ask")
                    self.stop = gr.Button("Stop", visible=False, scale=0, min_width=110)
                self.examples = Part(elem_id="try-examples")
            self.answer = Part(elem_id="answer")
            self.history = Part(elem_id="history")

    def paint(self, scene: Scene) -> Wanted:
        """The desk where there is an exported file, else how to get one; another run clears the desk."""
        ready = scene.has("export")
        run = str(scene.place.run)
        wanted: Wanted = {self.blank: _blank(scene).text, self.desk: gr.update(visible=ready)}
        if ready:
            wanted |= {
                self.examples: _examples(scene).text,
                self.turns: Keyed(run, []),
                self.answer: Keyed(run, ""),
                self.history: Keyed(run, ""),
                self.message: Keyed(run, ""),
            }
        return wanted

    def wire(self, page: Page) -> None:
        """Ask when the button or Enter is pressed, or an example."""
        outputs = [self.ask, self.stop, self.answer, self.turns, self.history]
        inputs = [page.place, self.message, self.turns]
        options: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": 4}

        def ask(place: dict[str, Any], message: str, turns: list[Turn]) -> Iterator[tuple[Any, ...]]:
            yield from answering(Scene(page.services, Place.from_mapping(place)), message, turns)

        def fill(event: gr.EventData) -> str:
            return pressed(event).get("message", "")

        asked = gr.on([self.ask.click, self.message.submit], ask, inputs, outputs, **options)
        filled = self.examples.act(
            fill, None, self.message, queue=False, show_progress="hidden", api_visibility="private"
        )
        then = filled.then(ask, inputs, outputs, **options)
        idle = (gr.update(visible=True), gr.update(visible=False), callout("warn", "Stopped").text)
        self.stop.click(
            lambda: idle,
            None,
            outputs[:3],
            cancels=[asked, then],
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
        page.on_press(self.blank, pick_step)


_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="answer")


def answering(scene: Scene, message: str, turns: list[Turn]) -> Iterator[tuple[Any, ...]]:
    """What the page shows while an answer is made, and then the answer."""
    message = (message or "").strip()
    if not message:
        yield gr.update(), gr.update(), callout("plain", "Type a message first").text, gr.skip(), gr.skip()
        return
    waiting = card(
        "Answering", progress(None, "Opening the file and answering; the first time takes a few seconds")
    ).text
    yield gr.update(visible=False), gr.update(visible=True), waiting, gr.skip(), gr.skip()
    pending = _pool.submit(ask_file, scene, message)
    while (answer := _poll(pending)) is None:
        yield gr.update(), gr.update(), gr.skip(), gr.skip(), gr.skip()
    turn = Turn(message, answer, _expected(scene, message))
    turns = [turn, *turns][:KEPT]
    yield gr.update(visible=True), gr.update(visible=False), turn_view(turn).text, turns, history_view(turns[1:]).text


def ask_file(scene: Scene, message: str) -> Answer:
    """The exported file's answer; what is in the way is told in its `error`."""
    path = exported_file(scene.run) if scene.run else None
    if scene.run is None or path is None:
        return Answer(error="There is no exported file. Go to the Export step first.")
    try:
        return answerer_for(path, scene.run.export_dir / "tools_android.json").ask(message)
    except InputError as error:
        return Answer(error=str(error))


def _poll(pending: Future[Answer]) -> Answer | None:
    try:
        return pending.result(POLL_SECONDS)
    except NotYet:
        return None


def _blank(scene: Scene) -> Html:
    if scene.has("export"):
        return Html("")
    if scene.stage("export").active:
        back = button("step", "See the export", step="export")
        return empty("Export first", "The file can be asked as soon as it is exported.", back)
    step, name = ("export", "Go to Export") if scene.has("train") else ("train", "Go to Train")
    return empty(
        "Nothing to ask yet",
        "The exported file answers here. Train a model and export it first.",
        button("step", name, kind="primary", step=step),
    )


def _rows(scene: Scene) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ((scene.evaluation or {}).get("tuned") or {}).get("rows") or []
    return rows


def _expected(scene: Scene, message: str) -> list[dict[str, Any]] | None:
    """The right calls, where the message is one of the held-out rows."""
    return next((row["expected"] for row in _rows(scene) if row["message"].strip() == message), None)


def _examples(scene: Scene) -> Html:
    """Held-out messages to press, spread over the tools."""
    by_tool: dict[str, list[str]] = {}
    for row in _rows(scene):
        by_tool.setdefault(row["expected"][0]["name"] if row["expected"] else "", []).append(row["message"])
    lists = list(by_tool.values())
    spread = [messages[at] for at in range(EXAMPLES_SHOWN) for messages in lists if at < len(messages)]
    chips = [button("ask", message, kind="chip", message=message) for message in spread[:EXAMPLES_SHOWN]]
    if not chips:
        return Html("")
    return Html(f'<p class="note">From the held-out rows</p><div class="chips">{joined(chips)}</div>')


def turn_view(turn: Turn) -> Html:
    """A message, its calls as cards, and what the model wrote."""
    answer = turn.answer
    if answer.error and not answer.raw:
        return callout("error", "There is no answer", answer.error)
    cards = [call_card(call.name, call.arguments) for call in answer.calls]
    if answer.error:
        cards.append(callout("warn", "The phone would get no call from this", answer.error))
    elif not cards:
        cards.append(callout("plain", "No call", answer.text or "The model called no tool and said nothing."))
    raw = f'<p class="note">What the model wrote</p><pre class="listing" tabindex="0">{esc(answer.raw)}</pre>'
    body = Html(f'<div class="stack">{joined(cards)}{_held_against(turn)}{raw}{_times(answer)}</div>')
    return card(f"“{turn.message}”", body)


def _held_against(turn: Turn) -> Html:
    if turn.expected is None:
        return Html("")
    if [call.to_dict() for call in turn.answer.calls] == turn.expected:
        return Html(f"<p>{badge('as expected', 'ok')}</p>")
    calls = joined([call_text(call) for call in turn.expected]) if turn.expected else "no call"
    return Html(f"<p>{badge('not as expected', 'warn')} The data says {calls}</p>")


def _times(answer: Answer) -> Html:
    parts = [
        f"{text.duration(answer.seconds)} in all",
        f"first token after {text.duration(answer.first_token_seconds)}",
        f"{text.count(answer.tokens, 'token')} at {answer.tokens_per_second:,.0f} tokens/s",
    ]
    return Html(f'<p class="note">{" · ".join(parts)}</p>')


def history_view(turns: list[Turn]) -> Html:
    """The earlier messages of this session, newest first."""
    if not turns:
        return Html("")
    rows = "".join(f"<li><span>{esc(turn.message)}</span><span>{_short(turn.answer)}</span></li>" for turn in turns)
    return card("Earlier", Html(f'<ol class="history">{rows}</ol>'))


def _short(answer: Answer) -> Html:
    if answer.calls:
        return joined([call_text(call.to_dict()) for call in answer.calls])
    return Html(f'<span class="note">{"no call" if not answer.error else "no answer that can be read"}</span>')
