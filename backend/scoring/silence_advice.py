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
    off-topic rows, the advice in `found` on them is left out. If a model does both, the share is not the remedy.
    """
    false, missed = _too_many_false(off_topic), _too_many_missed(tuned, config)
    silence = [
        *(_false_calls(off_topic, config, missed=missed) if off_topic and false else ()),
        *(_missed_calls(tuned, config, false=false) if config and missed else ()),
    ]
    return (*silence, *(one for one in found if not (missed and one.kind == "no_call")))


def _too_many_false(off_topic: OffTopic | None) -> bool:
    return off_topic is not None and (off_topic.calls.high or 0.0) > MOST_FALSE_CALLS


def _too_many_missed(tuned: Report, config: RunConfig | None) -> bool:
    """Whether more calls are missed than allowed, by a model that was taught to be silent."""
    return config is not None and config.stay_silent and (tuned.missed_call.low or 0.0) > MOST_MISSED_CALLS


def _false_calls(off_topic: OffTopic, config: RunConfig | None, *, missed: bool) -> Iterator[Advice]:
    calls, rows = off_topic.calls, "add rows without a call like these messages"
    if config is None:
        remedy = f"Train with off-topic messages (--stay-silent), or {rows}."
    elif not config.stay_silent:
        remedy = f"Turn “{_label('stay_silent')}” on and train again."
    elif missed:
        remedy = f"It misses calls too, so it does not yet distinguish the messages. Train for more epochs, or {rows}."
    else:
        remedy = f"Raise “{_label('off_topic_share')}” (now {100 * config.off_topic_share:.0f} %), or {rows}."
    yield Advice(
        FALSE_CALLS,
        f"{calls.k} of {calls.n} messages that are not for these tools are answered with a call "
        f"({_interval(calls)}). {remedy}",
        tuple(row.answer.id for row in off_topic.called),
    )


def _missed_calls(tuned: Report, config: RunConfig, *, false: bool) -> Iterator[Advice]:
    missed, share = tuned.missed_call, f"“{_label('off_topic_share')}” (now {100 * config.off_topic_share:.0f} %)"
    again = ", or leave out again in the Data step what you put back" if config.kept_topics else ""
    remedy = "Train for more epochs, or add rows like these" if false else f"Lower {share}"
    yield Advice(
        MISSED_CALLS,
        f"{missed.k} of {missed.n} held-out rows that expect a call are answered without one ({_interval(missed)}). "
        f"{remedy}{again}.",
        tuple(row.id for row in tuned.rows if row.expected and row.predicted == ()),
    )


def _label(name: str) -> str:
    """The label of a setting in the form."""
    return next(one.label for one in settings_of(RunConfig) if one.name == name)


def _interval(rate: Rate) -> str:
    return f"{100 * (rate.low or 0.0):.1f}–{100 * (rate.high or 0.0):.1f} %"
