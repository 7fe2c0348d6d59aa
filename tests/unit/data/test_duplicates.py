"""Messages that are the same, or nearly the same."""

from __future__ import annotations

import csv
from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.similarity.near_duplicates import THRESHOLD, near_groups, similarity
from backend.data.text.languages import guess_language
from backend.data.text.normal_form import normal_message
from tests.conftest import DataSet


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Battery status please", "battery status, PLEASE."),
        ("What's up?", "whats up"),
        ("Ｐｌａｙ ①", "play 1"),
        ("  a\tb\n", "A b"),
        ("get_weather", "get weather"),
        ("STRASSE", "straße"),
    ],
)
def test_same_but_for_typing(one: str, other: str) -> None:
    assert normal_message(one) == normal_message(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5.5 km", "55 km"),
        ("5.5 km", "5 5 km"),
        ("set it to -5", "set it to 5"),
        ("at 10:30", "at 1030"),
        ("50%", "50"),
        ("C# lessons", "C lessons"),
        ("???", "!!!"),
        ("resume", "résumé"),
    ],
)
def test_marks_that_carry_meaning_stay(one: str, other: str) -> None:
    assert normal_message(one) != normal_message(other)


@given(st.text(max_size=30))
def test_normal_form_is_stable(text: str) -> None:
    once = normal_message(text)
    assert normal_message(once) == once


def test_groups_equal_those_of_comparing_every_pair(cycling: DataSet) -> None:
    with cycling.dataset.open(newline="", encoding="utf-8") as file:
        messages = sorted({normal_message(row["user_message"]) for row in csv.DictReader(file)})
    messages = messages[::2]
    found = near_groups(messages)
    grams = [{message[at : at + 3] for at in range(max(1, len(message) - 2))} for message in messages]
    pairs = list(combinations(range(len(messages)), 2))
    near = [(a, b) for a, b in pairs if len(grams[a] & grams[b]) >= THRESHOLD * len(grams[a] | grams[b])]
    missed = [(a, b) for a, b in near if found.group[a] != found.group[b]]
    assert len(near) > 20
    assert len(missed) <= 0.05 * len(near)
    assert all(similarity(messages[a], messages[b]) >= THRESHOLD for a, b, _ in found.links)


@pytest.mark.parametrize("messages", [[], ["a"], ["", ""], ["", "a", "ab", "abc"], ["x" * 5000, "x" * 5001]])
def test_odd_lists_are_grouped(messages: list[str]) -> None:
    assert len(near_groups(messages).group) == len(messages)


def test_links_have_the_similarity_of_their_messages_whatever_the_script() -> None:
    random = Random(5)
    alphabets = ((97, 20), (0x4E00, 4000), (0x1F300, 300))
    letters = ["".join(map(chr, range(start, start + size))) for start, size in alphabets]
    first = ["".join(random.choices(random.choice(letters), k=40)) for _ in range(60)]
    messages = [*first, *(message[:-2] + "x" for message in first), *(message[2:] for message in first)]
    found = near_groups(messages)
    assert len({found.group[at] for at in range(len(messages))}) == len(first)
    assert all(similar == similarity(messages[a], messages[b]) >= THRESHOLD for a, b, similar in found.links)


def test_order_does_not_matter(cycling: DataSet) -> None:
    with cycling.dataset.open(newline="", encoding="utf-8") as file:
        messages = sorted({normal_message(row["user_message"]) for row in csv.DictReader(file)})
    shuffled = messages.copy()
    Random(3).shuffle(shuffled)
    assert _sets(messages, near_groups(messages).group) == _sets(shuffled, near_groups(shuffled).group)


def _sets(messages: list[str], group: tuple[int, ...]) -> set[frozenset[str]]:
    return {frozenset(m for m, g in zip(messages, group, strict=True) if g == one) for one in set(group)}


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("What is the weather for me", "English"),
        ("¿Cuánto me queda para el puerto?", "Spanish"),
        ("wie ist das Wetter für mich", "German"),
        ("quel est le temps pour moi", "French"),
        ("静かな音楽をかけて", "Japanese"),
        ("Где вода", "Cyrillic script"),
        ("ok", None),
    ],
)
def test_languages_are_guessed(message: str, language: str | None) -> None:
    assert guess_language(message) == language
