"""The off-topic messages in Try: which ones it offers, and how many of them a model answers with a call."""

from __future__ import annotations

from collections.abc import Sequence

from backend.scoring import Rate
from ui.html import text
from ui.page import PageState, readable
from ui.playground.history import KINDS, Exchange

MOST_OFFERED = 60
"""Messages that Try fills in at once: a 270M answers them in about a minute on two cores."""


def off_topic_texts(page_state: PageState) -> tuple[str, ...]:
    """The off-topic messages that the evaluation asked, or else the verification; empty if neither did."""
    evaluation = readable(lambda: page_state.evaluation)
    verification = readable(lambda: page_state.verification)
    found = next((one.off_topic for one in (evaluation, verification) if one and one.off_topic), None)
    texts = (" ".join(row.answer.message.split()) for row in found.rows) if found else ()
    return tuple(dict.fromkeys(filter(None, texts)))


def offered(page_state: PageState) -> str:
    """Evenly spaced off-topic messages, at most MOST_OFFERED, one on each line."""
    texts = off_topic_texts(page_state)
    count = min(len(texts), MOST_OFFERED)
    return "\n".join(texts[index * len(texts) // count] for index in range(count))


def off_topic_tally(exchanges: Sequence[Exchange]) -> list[str]:
    """One phrase for each model: how many of the off-topic messages that it answered have a call."""
    parts = []
    for kind in exchanges[0].answers if exchanges else ():
        answers = [exchange.answers[kind] for exchange in exchanges if exchange.off_topic and kind in exchange.answers]
        calls = [bool(answer.calls) for answer in answers if answer.answered]
        rate = Rate.of(sum(calls), len(calls))
        if rate.low is not None and rate.high is not None:
            asked = text.count(rate.n, "off-topic message")
            parts.append(f"{KINDS[kind]}: calls on {rate.k:,} of {asked} ({text.interval(rate.low, rate.high)})")
    return parts
