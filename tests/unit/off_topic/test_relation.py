"""What the user's tools might answer is left out, with the reason, and can be put back."""

from __future__ import annotations

from backend.off_topic import Message, Relation, asked_messages, taught_messages
from backend.records import Call, Example, Tool

MUSIC = Tool(
    "play_song",
    "Play a song.",
    {
        "type": "object",
        "properties": {"mood": {"type": "string", "description": "How it sounds", "enum": ["sleepy", "wild"]}},
    },
)


def _row(message: str) -> Example:
    return Example(message, 1, message, (Call("play_song"),))


def _left(relation: Relation, *put_back: str) -> dict[str, tuple[str, int]]:
    found = relation.select(taught_messages(), put_back)
    assert len(found.messages) + sum(len(group.messages) for group in found.left_out) == len(taught_messages())
    return {group.key: (group.reason, len(group.messages)) for group in found.left_out}


def test_a_topic_in_a_tool_s_name_is_left_out_in_every_language() -> None:
    left = _left(Relation([MUSIC], []))
    reason, count = left["music"]
    assert reason == "“song” is in the name play_song"
    assert count == sum(one.topic == "music" for one in taught_messages())
    assert "weather" not in left


def test_a_single_message_is_left_out_by_a_value() -> None:
    message = Message("a wild boar ate my tulips", "request", "gardening", "en")
    (group,) = Relation([MUSIC], []).select([message]).left_out
    assert (group.key, group.reason) == ("wild", "“wild” is in a value of mood of play_song")


def test_a_usual_word_of_a_name_is_left_out_and_a_common_verb_is_not() -> None:
    """Messages of seven topics have "timer" in the pools, and those of twenty have "set"."""
    relation = Relation([Tool("set_timer", "Do it.")], [])
    (group,) = relation.select([Message("timer for the eggs", "request"), Message("set sail", "request")]).left_out
    assert (group.key, [one.text for one in group.messages]) == ("timer", ["timer for the eggs"])


def test_one_word_of_a_description_is_an_aside_and_two_are_a_subject() -> None:
    aside = Tool("start", "Start, come rain or shine.")
    subject = Tool("start", "Start unless rain or snow is near.")
    assert "weather" not in _left(Relation([aside], []))
    assert _left(Relation([subject], []))["weather"][0] == "“rain” and “snow” are in the descriptions"


def test_rows_tell_the_subject_that_the_tools_hide() -> None:
    tool = Tool("run", "Do it.")
    rows = [_row(f"is {word} coming on day {day}") for word in ("rain", "snow") for day in range(3)]
    reason, _ = _left(Relation([tool], rows))["weather"]
    assert reason == "6 of your rows have words of it, such as “rain” and “snow”"
    assert "weather" not in _left(Relation([tool], rows[:2]))


def test_a_message_like_a_row_is_left_out() -> None:
    message = Message("tulips bulbs frozen", "request", "gardening", "en")
    relation = Relation([Tool("run", "Do it.")], [_row("are the tulips frozen")])
    (group,) = relation.select([message]).left_out
    assert group.key == "your rows"
    assert "are the tulips frozen" in group.reason


def test_a_message_of_one_word_that_is_a_row_is_left_out() -> None:
    relation = Relation([Tool("run", "Do it.")], [_row("Pickle!")])
    (group,) = relation.select([Message("pickle", "noise", language="en"), Message("marble", "noise")]).left_out
    assert (group.key, group.reason) == ("your rows", "it is a row or has most of the words of one, such as “Pickle!”")


def test_what_is_put_back_is_asked_again() -> None:
    relation = Relation([MUSIC], [])
    kept = relation.select(taught_messages(), {"music"})
    assert sum(one.topic == "music" for one in kept.messages) > 40
    assert "music" not in {group.key for group in kept.left_out}


def test_tools_of_no_topic_leave_nearly_everything_in() -> None:
    relation = Relation([Tool("xq_77", "Zzz.")], [])
    assert relation.select(asked_messages()).messages == asked_messages()
    assert not relation.select(taught_messages()).left_out
