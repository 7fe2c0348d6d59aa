"""The messages and answers of a visitor's session, and their rendering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from backend.inference import Answer
from backend.records import Call, Tool
from backend.scoring import GOALS, Confidence, refusal, suggestion
from ui.html import badge, button, call_card, call_text, callout, card, progress, text

FILE, TUNED, BASE = "file", "tuned", "base"
KINDS = {FILE: "Exported file", TUNED: "Checkpoint", BASE: "Base model"}
"""The kinds of models in the order of the page, with their titles."""

SHORT_TEXT = 80
"""Characters of a text that are shown on one line."""
NO_CALL = "No call"
SILENT = "The model wrote nothing: it ended its answer at once."
LOADING = "Answering. Loading the weights the first time can take a minute."


@dataclass(frozen=True, slots=True)
class Exchange:
    """One message and the answers of the models; `expected` has the expected calls, None if the data has no such row.

    `tools` are the run's tools by name, by which an app accepts a call. `off_topic` says that the message is one of the
    messages that no tool should answer. `place` is where the exported file ran, and
    `note` a sentence about that, or empty. `waiting` is the kind of model that is answering now, or empty.
    `confidence` is that of the run's evaluation.
    """

    message: str
    answers: Mapping[str, Answer]
    expected: Sequence[Call] | None
    tools: Mapping[str, Tool] = field(default_factory=dict)
    off_topic: bool = False
    place: str = "on the server"
    note: str = ""
    waiting: str = ""
    confidence: Confidence | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of models that have answered, and the one that answers now."""
        return (*self.answers, self.waiting) if self.waiting else tuple(self.answers)


def exchange_view(exchange: Exchange) -> Markup:
    """The latest message, its calls as cards, and the raw text; several models are shown side by side."""
    note = callout("warn", exchange.note) if exchange.note else Markup("")
    alone = exchange.answers.get(FILE) if len(exchange.kinds) == 1 else None
    if alone is not None and not alone.answered:
        return Markup("").join([note, callout("error", "There is no answer", alone.error)])
    columns = [
        Markup('<div class="stack">{}{}</div>').format(_title(kind, exchange), _answer_view(kind, answer, exchange))
        for kind, answer in exchange.answers.items()
    ]
    if exchange.waiting:
        columns.append(
            Markup('<div class="stack">{}{}</div>').format(_title(exchange.waiting, exchange), progress(None, LOADING))
        )
    body = Markup('<div class="stack">{}<div class="beside">{}</div></div>').format(note, Markup("").join(columns))
    return card(f"“{exchange.message}”", body, aside=button("correct", "Correct this answer", kind="quiet small"))


def _title(kind: str, exchange: Exchange) -> Markup:
    if len(exchange.kinds) == 1:
        return Markup("")
    return Markup("<h3>{}</h3>").format(KINDS[kind])


def _answer_view(kind: str, answer: Answer, exchange: Exchange) -> Markup:
    if not answer.answered:
        return callout("error", "There is no answer", answer.error)
    cards = [_call_view(call, exchange.tools) for call in answer.calls]
    if answer.error:
        cards.append(callout("warn", "The phone cannot read a call in this answer", answer.error))
    elif not cards:
        cards.append(callout("plain", _silence_title(kind, exchange), answer.text))
    raw = Markup('<p class="note">What the model wrote</p><pre class="listing" tabindex="0">{}</pre>').format(
        answer.raw
    )
    if not answer.raw.strip():
        raw = Markup('<p class="note">{}</p>').format(SILENT)
    where = exchange.place if answer is exchange.answers.get(FILE) else ""
    parts = [*cards, _sure(answer, exchange), _compared(answer, exchange), raw, _times(answer, where)]
    return Markup("").join(parts)


def _silence_title(kind: str, exchange: Exchange) -> str:
    """The title of an answer without a call. A base model never learned when to stay silent."""
    return NO_CALL if kind == BASE or exchange.expected else f"{NO_CALL}: this message is not for these tools"


def _call_view(call: Call, tools: Mapping[str, Tool]) -> Markup:
    """A call, and the reason if an app with the Android kit refuses it."""
    shown = call_card(call.name, call.arguments)
    refused = refusal(call, tools) if tools else None
    if refused is None:
        return shown
    near = suggestion(call, tools)
    also = Markup("Perhaps this was meant: {}").format(call_text(near.to_dict())) if near else ""
    return Markup("{}{}").format(shown, callout("warn", "An app refuses this call", refused.reason, also))


def as_expected(answer: Answer, expected: Sequence[Call] | None) -> bool | None:
    """Whether the calls are those that the data expects; None if the data has no such message."""
    if expected is None:
        return None
    return tuple(answer.calls) == tuple(expected) and (answer.error is None or bool(answer.calls))


def judgement(answer: Answer | None, exchange: Exchange) -> Markup:
    """Whether an answer is as it should be, as a badge; empty if that is not known."""
    if answer is None or (exchange.off_topic and answer.error is not None):
        return Markup("")
    if exchange.off_topic:
        return badge("off-topic: a call", "warn") if answer.calls else badge("off-topic: no call", "ok")
    right = as_expected(answer, exchange.expected)
    return Markup("") if right is None else badge("as expected", "ok") if right else badge("not as expected", "warn")


def _sure(answer: Answer, exchange: Exchange) -> Markup:
    """The probability of the answer, and what it means if the evaluation has a threshold; the base has none."""
    if answer.probability is None:
        return Markup("")
    own = exchange.confidence if answer is not exchange.answers.get(BASE) else None
    cutoff = own.goal(GOALS[0]) if own else None
    sentence = f"Sure: {text.probability(answer.probability)}"
    if cutoff is not None and cutoff.threshold > 0:
        side = "above" if answer.probability >= cutoff.threshold else "below"
        rows = f"{cutoff.right.k:,} of {text.count(cutoff.right.n, 'held-out row')}"
        sentence += f", {side} the threshold of {text.threshold(cutoff.threshold)}, from which on {rows} are right"
    return Markup('<p class="note sure">{}.</p>').format(sentence)


def _compared(answer: Answer, exchange: Exchange) -> Markup:
    shown = judgement(answer, exchange)
    if not shown:
        return Markup("")
    if exchange.off_topic or as_expected(answer, exchange.expected):
        return Markup("<p>{}</p>").format(shown)
    calls = (
        Markup("").join([call_text(call.to_dict()) for call in exchange.expected]) if exchange.expected else "no call"
    )
    return Markup("<p>{} The data expects {}</p>").format(shown, calls)


def _times(answer: Answer, where: str) -> Markup:
    parts = [f"{text.duration(answer.seconds)} in all"]
    if answer.first_token_seconds:
        parts.append(f"first token after {text.duration(answer.first_token_seconds)}")
    if answer.tokens_per_second:
        parts.append(f"{text.count(answer.tokens, 'token')} at {answer.tokens_per_second:,.0f} tokens/s")
    return Markup('<p class="note">{}</p>').format(" · ".join([*([where.capitalize()] if where else []), *parts]))


def history_view(exchanges: Sequence[Exchange]) -> Markup:
    """The earlier messages of this session, newest first; each can be asked again."""
    if len(exchanges) < 2:
        return Markup("")
    rows = Markup("").join(
        Markup("<li><span>{}</span><span>{}</span>{}</li>").format(
            exchange.message,
            short(exchange.answers.get(FILE)),
            button("again", "Ask again", kind="bare small", message=exchange.message),
        )
        for exchange in exchanges[1:]
    )
    return card("Earlier", Markup('<ol class="history">{}</ol>').format(rows))


def short(answer: Answer | None) -> Markup:
    """An answer on one line."""
    if answer is not None and answer.calls:
        return Markup("").join([call_text(call.to_dict()) for call in answer.calls])
    if answer is None or not answer.answered:
        return Markup('<span class="note">no answer</span>')
    if answer.error:
        return Markup('<span class="note">no answer that can be read</span>')
    wrote = answer.text if len(answer.text) <= SHORT_TEXT else f"{answer.text[:SHORT_TEXT]}…"
    return Markup('<span class="note">{}</span>').format(f"no call: “{wrote}”" if wrote else "no call")
