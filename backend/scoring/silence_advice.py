"""Advice on calls that no tool should get, and on calls that a model no longer makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend.runs import RunConfig, settings_of
from backend.scoring.advice import Advice
from backend.scoring.intervals import Rate
from backend.scoring.off_topic import OffTopic
from backend.scoring.report import Report

FALSE_CALLS, MISSED_CALLS = "false calls", "missed calls"
"""The kinds of this advice; the rows of the first are off-topic messages, those of the second are held-out rows."""
MOST_FALSE_CALLS = 0.05
"""The upper end of the interval of calls on off-topic messages that needs no advice.

The product's set is large enough to show that a rate is below it: 13 calls on 490 messages give 1.6 to 4.5 %.
"""
MOST_MISSED_CALLS = 0.01
"""The lower end of the interval of missed calls that needs no advice.

The upper end would always need it: no missed call in 100 held-out rows gives 0 to 3.7 %.
"""


def with_silence_advice(
    found: Iterable[Advice], tuned: Report, off_topic: OffTopic | None, config: RunConfig | None
) -> tuple[Advice, ...]:
    """Returns the advice on silence and, after it, the advice in `found`.

    `config` has the settings of the training, or is None if they are unknown. If missed calls are explained by the
    off-topic rows, the advice to train longer for them is left out.
    """
    silence = [*_false_calls(off_topic, config), *_missed_calls(tuned, config)]
    explained = any(one.kind == MISSED_CALLS for one in silence)
    return (*silence, *(one for one in found if not (explained and one.kind == "no_call")))


def _false_calls(off_topic: OffTopic | None, config: RunConfig | None) -> Iterator[Advice]:
    if off_topic is None or (off_topic.calls.high or 0.0) <= MOST_FALSE_CALLS:
        return
    calls = off_topic.calls
    rows = "add rows without a call like these messages"
    if config is None:
        remedy = f"Train with off-topic messages (--stay-silent), or {rows}."
    elif not config.stay_silent:
        remedy = f"Turn “{_label('stay_silent')}” on and train again."
    else:
        remedy = f"Raise “{_label('off_topic_share')}” (now {100 * config.off_topic_share:.0f} %), or {rows}."
    yield Advice(
        FALSE_CALLS,
        f"{calls.k} of {calls.n} messages that are not for these tools are answered with a call "
        f"({_interval(calls)}). {remedy}",
        tuple(row.answer.id for row in off_topic.called),
    )


def _missed_calls(tuned: Report, config: RunConfig | None) -> Iterator[Advice]:
    missed = tuned.missed_call
    if config is None or not config.stay_silent or (missed.low or 0.0) <= MOST_MISSED_CALLS:
        return
    again = ", or leave out again in the Data step what you put back" if config.kept_topics else ""
    yield Advice(
        MISSED_CALLS,
        f"{missed.k} of {missed.n} held-out rows that expect a call are answered without one ({_interval(missed)}). "
        f"Lower “{_label('off_topic_share')}” (now {100 * config.off_topic_share:.0f} %){again}.",
        tuple(row.id for row in tuned.rows if row.expected and row.predicted == ()),
    )


def _label(name: str) -> str:
    """The label of a setting in the form."""
    return next(one.label for one in settings_of(RunConfig) if one.name == name)


def _interval(rate: Rate) -> str:
    return f"{100 * (rate.low or 0.0):.1f}–{100 * (rate.high or 0.0):.1f} %"
