"""The product's own off-topic messages are what they are said to be."""

from __future__ import annotations

from collections import Counter

from backend.data.similarity import near_groups
from backend.data.text import normal_message
from backend.off_topic import (
    KINDS,
    LANGUAGES,
    NEAR_MISS,
    Message,
    asked_messages,
    evenly_divided,
    taught_messages,
    topic_words,
)
from backend.prompts import RESERVED

ASKED, TAUGHT = asked_messages(), taught_messages()


def test_the_fixed_set_is_large_and_covers_topics_languages_and_kinds() -> None:
    assert len(ASKED) >= 300
    assert len({one.topic for one in ASKED if one.topic}) >= 30
    assert {one.language for one in ASKED if one.language} == set(LANGUAGES)
    assert {one.kind for one in ASKED} == set(KINDS) - {NEAR_MISS}
    registers = Counter(one.register for one in ASKED if one.kind == "request")
    assert set(registers) == {"spoken", "typed"}
    assert min(registers.values()) > 0.4 * registers.total()


def test_the_pool_is_large_in_the_same_languages() -> None:
    assert len(TAUGHT) >= 2000
    assert {one.language for one in TAUGHT if one.language} == set(LANGUAGES)
    assert {one.kind for one in TAUGHT} == set(KINDS) - {NEAR_MISS}


def test_nothing_that_is_asked_is_taught() -> None:
    assert not {one.topic for one in ASKED if one.topic} & {one.topic for one in TAUGHT}
    asked, taught = ({normal_message(one.text) for one in messages} for messages in (ASKED, TAUGHT))
    assert not asked & taught
    worded = [one for one in (*ASKED, *TAUGHT) if one.kind != "noise"]
    first_taught = sum(one.kind != "noise" for one in ASKED)
    near = near_groups([normal_message(one.text) for one in worded], 0.5)
    across = [(a, b) for a, b, _ in near.links if a < first_taught <= b]
    assert [(worded[a].text, worded[b].text) for a, b in across] == []


def test_no_message_is_there_twice_and_none_holds_a_control_token() -> None:
    every = [one.text for one in (*ASKED, *TAUGHT)]
    assert len(set(every)) == len(every)
    assert not any(RESERVED.search(text) or "\n" in text for text in every)
    assert "" in {one.text for one in ASKED}
    assert max(map(len, every)) <= 300


def test_every_topic_has_its_words() -> None:
    topics = {one.topic for one in (*ASKED, *TAUGHT) if one.topic}
    assert topics == set(topic_words())
    assert min(len(words) for words in topic_words().values()) >= 40


def test_a_part_has_its_share_of_every_kind_and_language() -> None:
    part = evenly_divided(ASKED, 150)
    assert len(set(part)) == 150
    assert evenly_divided(ASKED[::-1], 150) == part
    assert set(evenly_divided(ASKED, 10_000)) == set(ASKED)
    share = 150 / len(ASKED)
    for field in ("kind", "language"):
        of_all, of_part = (Counter(getattr(one, field) for one in messages) for messages in (ASKED, part))
        rounding = 1 if field == "kind" else len(KINDS)
        assert all(abs(of_part[name] - share * count) <= rounding for name, count in of_all.items())
    topics = {one.topic for one in ASKED if one.topic}
    assert len({one.topic for one in part if one.topic}) > 0.9 * len(topics)


def test_ids_follow_the_text_alone() -> None:
    assert Message("hello", "greeting").id == Message("hello", "noise", language="en").id
    assert len({one.id for one in ASKED}) == len(ASKED)
