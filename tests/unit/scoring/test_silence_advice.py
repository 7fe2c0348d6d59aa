"""Advice on calls that nobody asked for, and on calls that are no longer made."""

from __future__ import annotations

import pytest

from backend.off_topic import Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.runs import RunConfig
from backend.scoring import Advice, OffTopic, Report, off_topic_result, score_rows
from backend.scoring.advice import advise
from backend.scoring.silence_advice import with_silence_advice

FORMAT = get_format("native", "none")
TOOLS = (Tool("climb", "x"),)
CALL, SILENCE = FORMAT.completion((Call("climb"),)), FORMAT.completion((), "")
TAUGHT, UNTAUGHT = RunConfig(off_topic_share=0.3), RunConfig(stay_silent=False)


def off_topic(called: int, asked: int) -> OffTopic:
    """The first `called` of the messages are answered with a call."""
    messages = [Message(f"message {at}", "request", "chess", "en") for at in range(asked)]
    answers = [CALL if at < called else SILENCE for at in range(asked)]
    return off_topic_result(Selection(tuple(messages)), score_rows(as_rows(messages, {"": ""}), answers, TOOLS, FORMAT))


def held_out(missed: int, rows: int) -> Report:
    """The first `missed` rows are answered without a call, the others rightly."""
    examples = [Example(str(at), at, "m", (Call("climb"),)) for at in range(rows)]
    return score_rows(examples, [SILENCE if at < missed else CALL for at in range(rows)], TOOLS, FORMAT)


def advice(tuned: Report, asked: OffTopic | None, config: RunConfig | None) -> list[Advice]:
    return list(with_silence_advice(advise(tuned, {}, {}, 0.85), tuned, asked, config))


@pytest.mark.parametrize(
    ("config", "remedy"),
    [
        (UNTAUGHT, "Turn “Stay silent on what is not for these tools” on and train again."),
        (TAUGHT, "Raise “Share of such messages” (now 30 %), or add rows without a call like these messages."),
        (
            None,
            "Train with off-topic messages (--stay-silent), or add rows without a call like these messages.",
        ),
    ],
)
def test_calls_on_off_topic_messages_come_first_with_what_to_do(config: RunConfig | None, remedy: str) -> None:
    asked = off_topic(20, 200)
    first, second = advice(held_out(0, 100), asked, config)
    assert first.kind == "false calls"
    assert first.text == (
        f"20 of 200 messages that are not for these tools are answered with a call (6.6–14.9 %). {remedy}"
    )
    assert first.rows == tuple(row.answer.id for row in asked.rows[:20])
    assert second.kind == "done"


def test_a_rate_whose_interval_ends_at_five_percent_needs_none() -> None:
    found = held_out(0, 100)
    assert off_topic(13, 490).calls.high == pytest.approx(0.0449, abs=1e-4)
    assert [one.kind for one in advice(found, off_topic(13, 490), TAUGHT)] == ["done"]
    assert off_topic(16, 490).calls.high == pytest.approx(0.0524, abs=1e-4)
    assert [one.kind for one in advice(found, off_topic(16, 490), TAUGHT)] == ["false calls", "done"]
    assert [one.kind for one in advice(found, None, TAUGHT)] == ["done"]


def test_missed_calls_are_explained_by_the_share_if_silence_was_taught() -> None:
    found = held_out(30, 100)
    first, *others = advice(found, off_topic(0, 490), TAUGHT)
    assert first.kind == "missed calls"
    assert first.text == (
        "30 of 100 held-out rows that expect a call are answered without one (21.9–39.6 %). Lower “Share of such "
        "messages” (now 30 %)."
    )
    assert first.rows == tuple(str(at) for at in range(30))
    assert "no_call" not in {one.kind for one in others}
    again = advice(found, None, RunConfig(put_back="boats", off_topic_share=0.2))[0]
    assert again.text.endswith("(now 20 %), or leave out again in the Data step what you put back.")


def test_a_model_that_does_both_is_not_told_to_raise_and_to_lower_the_share() -> None:
    first, second, *_ = advice(held_out(30, 100), off_topic(100, 490), TAUGHT)
    assert (first.kind, second.kind) == ("false calls", "missed calls")
    assert first.text.endswith(
        "It misses calls too, so it does not yet distinguish the messages. Train for more epochs, or add rows without "
        "a call like these messages."
    )
    assert second.text.endswith("(21.9–39.6 %). Train for more epochs, or add rows like these.")


def test_missed_calls_of_a_model_that_was_not_taught_silence_have_another_cause() -> None:
    kinds = {one.kind for one in advice(held_out(30, 100), None, UNTAUGHT)}
    assert "no_call" in kinds
    assert "missed calls" not in kinds


def test_one_missed_call_is_no_evidence() -> None:
    assert held_out(3, 120).missed_call.low == pytest.approx(0.0085, abs=1e-4)
    assert "missed calls" not in {one.kind for one in advice(held_out(3, 120), None, TAUGHT)}
    assert "missed calls" in {one.kind for one in advice(held_out(4, 120), None, TAUGHT)}
