"""docs/data.md gives the numbers of the product's messages as they are."""

from __future__ import annotations

import re
from collections import Counter

from backend.off_topic import NEAR_MISS, asked_messages, taught_messages
from backend.off_topic.near_misses import LONGEST_NEAR_MISS, MOST_NEAR_MISSES
from backend.off_topic.relation import COMMON_TOPICS, DESCRIBED, OVERLAP, ROW_SHARE
from tests.conftest import ROOT

DOC = " ".join((ROOT / "docs" / "data.md").read_text(encoding="utf-8").split())
ASKED, TAUGHT = asked_messages(), taught_messages()


def test_the_sets_and_kinds_have_the_documented_sizes() -> None:
    for name, messages in (("asked", ASKED), ("taught", TAUGHT)):
        topics = {message.topic for message in messages if message.topic}
        assert f"| {name} (`backend/off_topic/{name}.csv`) | {len(messages):,} | {len(topics)} |" in DOC
    counts = [Counter(message.kind for message in messages) for messages in (ASKED, TAUGHT)]
    rows = re.findall(r"\| ([a-z, ]+) \| [^|]+ \| ([\d,]+) \| ([\d,]+) \|", DOC)
    found = {tuple(kinds.split(", ")): (asked, taught) for kinds, asked, taught in rows}
    assert {kind for kinds in found for kind in kinds} == {*counts[0]} == {*counts[1]}
    assert NEAR_MISS not in counts[0]
    for kinds, written in found.items():
        assert written == tuple(f"{sum(count[kind] for kind in kinds):,}" for count in counts), kinds


def test_the_rule_has_the_documented_numbers() -> None:
    assert (ROW_SHARE, OVERLAP, COMMON_TOPICS, DESCRIBED) == (0.02, 0.6, 4, 2)
    for part in ("2 % of your rows", "a row has 60 % of its words, at least two", "messages of four or more topics"):
        assert part in DOC
    assert f"At most {MOST_NEAR_MISSES} messages of {LONGEST_NEAR_MISS} characters are allowed." in DOC
