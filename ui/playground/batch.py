"""Many messages at once: the answers of each model as a table and as a CSV."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data.calls import canonical_text
from backend.data.csv import inert, read_table
from backend.data.text import MESSAGE
from backend.errors import InputError
from backend.inference import Answer
from backend.records import Call
from ui.html import Part, call_text, callout, card, link, progress, table, text
from ui.page import KeyedUpdate, Page, PageState, Panel, Updates
from ui.playground.ask import MAX_MESSAGE, exchanges_of
from ui.playground.browser_model import Given
from ui.playground.history import KINDS, Exchange, as_expected, judgement, short
from ui.playground.off_topic import off_topic_tally, offered

MOST_MESSAGES = 200
MOST_BYTES = 1_000_000
OPTIONS: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
ASK_BROWSER = """
async (location, many, comparison, where, _) => {
  const messages = many.split('\\n').map((line) => line.trim()).filter(Boolean);
  const few = messages.length <= MOST ? messages : [];
  return [location, many, comparison, where, await window.ftBrowser.answer(where, few)];
}
""".replace("MOST", str(MOST_MESSAGES))


class BatchForm(Panel):
    """A field for many messages, and the table of their answers."""

    def __init__(self) -> None:
        self.given = gr.JSON(None, visible=False)
        with gr.Accordion("Many messages at once", open=False, elem_id="many", elem_classes=["ft-card"]):
            self.many = gr.Textbox(
                label="Messages, one per line", lines=6, max_lines=14, elem_id="many-messages",
                placeholder="is there water near me\nhow steep is it up there",
            )  # fmt: skip
            with gr.Row(elem_classes=["ft-row", "ft-tight"]):
                self.ask = gr.Button("Ask all", variant="primary", scale=0, min_width=130, elem_id="ask-all")
                self.stop = gr.Button("Stop", visible=False, scale=0, min_width=110)
                self.upload = gr.UploadButton(
                    "From a file (.txt, .csv)", file_types=[".txt", ".csv"], scale=0, min_width=210, elem_id="many-file"
                )
                self.off_topic = gr.Button("Off-topic messages", scale=0, min_width=190, elem_id="many-off-topic")
            self.table = Part(elem_id="many-table")

    def render(self, page_state: PageState) -> Updates:
        """Clear the field when another run is opened."""
        run = str(page_state.location.run)
        return {
            self.many: KeyedUpdate(run, ""),
            self.table: KeyedUpdate(run, ""),
            self.off_topic: gr.update(visible=bool(offered(page_state))),
        }

    def wire(self, page: Page, where: gr.Radio, comparison: gr.CheckboxGroup) -> None:
        """Register the events: ask all messages, and read them from a file."""
        outputs = [self.ask, self.stop, self.table]

        def ask(
            location: dict[str, Any], many: str, comparison: list[str], _where: str, given: Any, request: gr.Request
        ) -> Iterator[tuple[Any, ...]]:
            page_state = page.page_state(location, request)
            yield from answer_all(page_state, many, comparison, Given.from_json(given))

        def fill(location: dict[str, Any], request: gr.Request) -> str:
            return offered(page.page_state(location, request))

        inputs = [page.location, self.many, comparison, where, self.given]
        submitted = self.ask.click(ask, inputs, outputs, concurrency_limit=2, js=ASK_BROWSER, **OPTIONS)
        shown = (gr.update(visible=True), gr.update(visible=False))
        self.stop.click(lambda: shown, None, outputs[:2], cancels=[submitted], queue=False, **OPTIONS)
        self.off_topic.click(fill, page.location, self.many, queue=False, **OPTIONS)
        self.upload.upload(_read, self.upload, [self.many, self.table], queue=False, **OPTIONS)


def messages_in(many: str) -> list[str]:
    """The messages in a text, one per line. Raises InputError if there are none or too many, or if one is too long."""
    found = [line.strip() for line in (many or "").split("\n") if line.strip()]
    if not found:
        raise InputError("There is no message yet. Enter one message per line, or upload a file.")
    if len(found) > MOST_MESSAGES:
        raise InputError(f"These are {len(found):,} messages; at most {MOST_MESSAGES} are allowed. Remove some.")
    longest = max(found, key=len)
    if len(longest) > MAX_MESSAGE:
        raise InputError(f"“{longest[:60]}…” has {len(longest):,} characters; a message has at most {MAX_MESSAGE:,}.")
    return found


def lines_of_file(path: Path) -> str:
    """The messages of a CSV's user_message column or of a text's lines. Raises InputError if unreadable."""
    if path.stat().st_size > MOST_BYTES:
        raise InputError(f"{path.name} is larger than 1 MB. Upload a file of at most {MOST_MESSAGES} messages.")
    if path.suffix.lower() == ".csv":
        rows = read_table(path)
        if MESSAGE not in rows.index:
            raise InputError(
                f"{path.name} has no {MESSAGE} column. Rename the column, or upload a text with one message per line."
            )
        return "\n".join(" ".join((row.message or "").split()) for row in rows.rows)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text (byte {error.start:,}). Save it as UTF-8.") from error


def answer_all(
    page_state: PageState, many: str, comparison: Sequence[str], given: Given | None
) -> Iterator[tuple[Any, ...]]:
    """Yields the table after each answer, and at the end with the CSV."""
    try:
        messages = messages_in(many)
    except InputError as error:
        yield gr.update(), gr.update(), callout("plain", "No message was sent", error)
        return
    if given is not None and given.stopped:
        messages = [message for message in messages if message in given.answers]
    exchanges: list[Exchange] = []
    for message in messages:
        yield gr.update(visible=False), gr.update(visible=True), _under_way(exchanges, len(messages))
        newest = Exchange(message, {}, None)
        for exchange in exchanges_of(page_state, message, given, comparison):
            newest = exchange or newest
            yield gr.skip(), gr.skip(), gr.skip()
        exchanges.append(newest)
    shown = exchanges_table(exchanges) if exchanges else callout("warn", "Stopped", "No message was answered.")
    yield gr.update(visible=True), gr.update(visible=False), shown


def _under_way(exchanges: Sequence[Exchange], total: int) -> Markup:
    bar = progress(len(exchanges) / total, f"{len(exchanges):,} of {text.count(total, 'message')} answered")
    return Markup('<div class="stack">{}{}</div>').format(bar, _table(exchanges) if exchanges else "")


def exchanges_table(exchanges: Sequence[Exchange]) -> Markup:
    """A table of the messages and answers, with the counts of expected answers and the CSV."""
    address = (
        "data:text/csv;charset=utf-8;base64," + base64.b64encode(exchanges_csv(exchanges).encode("utf-8-sig")).decode()
    )
    save = link(address, "Download as CSV", kind="quiet small", download=True, name="answers.csv")
    title = text.count(len(exchanges), "message")
    notes = Markup("").join(
        [callout("warn", note) for note in dict.fromkeys(exchange.note for exchange in exchanges if exchange.note)]
    )
    return card(
        title,
        Markup('<div class="stack">{}{}</div>').format(notes, _table(exchanges)),
        note=_tally(exchanges),
        aside=save,
    )


def _tally(exchanges: Sequence[Exchange]) -> str:
    known = [exchange for exchange in exchanges if exchange.expected is not None]
    parts = off_topic_tally(exchanges)
    for kind in exchanges[0].answers if known else ():
        right = sum(
            bool(kind in exchange.answers and as_expected(exchange.answers[kind], exchange.expected))
            for exchange in known
        )
        parts.append(f"{KINDS[kind]}: {right:,} of {text.count(len(known), 'held-out row')} as expected")
    return " · ".join(parts)


def _table(exchanges: Sequence[Exchange]) -> Markup:
    kinds = list(exchanges[0].answers)
    expected = any(exchange.expected is not None for exchange in exchanges)
    headers = ["Message", *(KINDS[kind] for kind in kinds), *(["Expected by the data"] if expected else [])]
    rows = [
        [
            exchange.message,
            *(_cell(exchange.answers.get(kind), exchange) for kind in kinds),
            *([_expected(exchange)] if expected else []),
        ]
        for exchange in exchanges
    ]
    return table(headers, rows, kind="many", caption="Answers to many messages")


def _cell(answer: Answer | None, exchange: Exchange) -> Markup:
    reason = Markup('<p class="note">{}</p>').format(answer.error) if answer and answer.error else ""
    return Markup("<div>{} {}{}</div>").format(short(answer), judgement(answer, exchange), reason)


def _expected(exchange: Exchange) -> Markup:
    if exchange.expected is None:
        return Markup("–")
    return (
        Markup("").join([call_text(call.to_dict()) for call in exchange.expected])
        if exchange.expected
        else Markup("no call")
    )


def exchanges_csv(exchanges: Sequence[Exchange]) -> str:
    """A CSV with one line per message: for every model its calls, raw text, error, seconds and probability."""
    kinds = list(dict.fromkeys(kind for exchange in exchanges for kind in exchange.answers))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = [f"{kind}_{what}" for kind in kinds for what in ("tool_calls", "raw", "error", "seconds", "probability")]
    writer.writerow(["user_message", "expected", *head])
    for exchange in exchanges:
        cells = [cell for kind in kinds for cell in _cells(exchange.answers.get(kind))]
        writer.writerow(
            [
                inert(exchange.message),
                "" if exchange.expected is None else _calls(exchange.expected),
                *map(inert, cells),
            ]
        )
    return out.getvalue()


def _cells(answer: Answer | None) -> list[str]:
    if answer is None:
        return [""] * 5
    calls = _calls(answer.calls)
    sure = "" if answer.probability is None else f"{answer.probability:.6g}"
    return [calls if answer.answered else "", answer.raw, answer.error or "", f"{answer.seconds:.3f}", sure]


def _calls(calls: Sequence[Call]) -> str:
    return canonical_text([(call.name, call.arguments) for call in calls])


def _read(path: str) -> tuple[Any, str]:
    try:
        lines = lines_of_file(Path(path))
        messages_in(lines)
        return lines, ""
    except InputError as error:
        return gr.skip(), callout("error", "The file was not accepted", error)
