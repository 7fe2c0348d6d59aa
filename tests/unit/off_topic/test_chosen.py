"""What is asked and taught beside some tools, what is left out, and what was put back."""

from __future__ import annotations

import json

from backend.off_topic import asked_messages, choose_messages, taught_messages
from backend.records import Call, Example, Tool

TOOLS = (Tool("book_boat", "Reserves a boat."), Tool("get_weather", "Says what the weather is."))
ROWS = [Example(str(at), at, text, (Call("book_boat"),)) for at, text in enumerate(["a boat for two", "the red boat"])]
EVERY = len(asked_messages()) + len(taught_messages())


def test_each_message_is_chosen_or_in_one_group() -> None:
    found = choose_messages(TOOLS, ROWS)
    left = [message for group in found.left_out for message in group.messages]
    assert len(found.asked) + len(found.taught) + len(left) == EVERY
    groups = {group.key: group for group in found.left_out}
    assert {message.topic for message in groups["boats"].asked} == {"boats"}
    assert not groups["boats"].taught
    of_weather = {message for message in taught_messages() if message.topic == "weather"}
    assert of_weather <= set(groups["weather"].taught)  # and messages of other topics with the word
    assert groups["weather"].reason == "“weather” is in the name get_weather"
    sizes = [len(group.messages) for group in found.left_out]
    assert sizes == sorted(sizes, reverse=True)
    assert found.put_back == ()


def test_a_group_that_is_put_back_is_asked_or_taught_again() -> None:
    before = choose_messages(TOOLS, ROWS)
    boats = next(group for group in before.left_out if group.key == "boats")
    found = choose_messages(TOOLS, ROWS, {"boats"})
    (back,) = found.put_back
    assert (back.key, back.reason) == ("boats", boats.reason)
    assert "boats" not in {group.key for group in found.left_out}
    assert set(back.asked) == set(found.asked) - set(before.asked)
    assert set(back.messages) <= set(boats.messages)
    still = {message for group in found.left_out for message in group.messages} & set(boats.messages)
    assert set(boats.messages) == set(back.messages) | still  # the word boat still leaves some out


def test_what_was_put_back_and_changes_nothing_now_can_be_left_out_again() -> None:
    found = choose_messages(TOOLS, ROWS, {"boats", "an old word"})
    assert [(group.key, len(group.messages)) for group in found.put_back if group.key == "an old word"] == [
        ("an old word", 0)
    ]


def test_the_summary_and_the_json_name_every_group() -> None:
    found = choose_messages(TOOLS, ROWS, {"weather"})
    first, *lines = found.summary()
    asked, taught = len(found.asked), len(found.taught)
    left = EVERY - asked - taught
    assert first == f"Off-topic messages: {asked:,} are asked, {taught:,} can be taught, {left:,} are left out"
    assert [line.split(":")[0] for line in lines] == ["  left out"] * len(found.left_out) + ["  put back"]
    assert lines[-1].startswith("  put back: weather: “weather” is in the name get_weather (0 to ask, ")
    document = json.loads(json.dumps(found.to_json()))
    assert document["asked"] == len(found.asked)
    assert [group["key"] for group in document["left_out"]] == [group.key for group in found.left_out]
    assert [group["key"] for group in document["put_back"]] == ["weather"]
