"""A training's off-topic messages are mostly in the languages of its rows, and never in these alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from backend.off_topic import LANGUAGES, Message, taught_messages
from job_templates.ml.rows import in_languages_of

POOL = taught_messages()
ENGLISH = ("where is the water", "how far is the summit", "what time is it there")
GERMAN = ("wo ist das Wasser", "wie weit ist es bis zum Gipfel", "was ist der Weg nach Hause")


def shares(messages: Sequence[Message]) -> dict[str, float]:
    counts = Counter(one.language for one in messages)
    return {code: counts[code] / len(messages) for code in counts}


def test_most_are_in_the_language_of_the_rows_and_the_others_in_all() -> None:
    before, drawn = shares(POOL), shares(in_languages_of(ENGLISH, POOL, 4000, 1))
    assert before["en"] < 0.5
    assert drawn["en"] == pytest.approx(0.75 + 0.25 * before["en"], abs=0.06)
    assert set(drawn) == {"", *LANGUAGES}
    assert drawn[""] == pytest.approx(before[""], abs=0.01)


def test_two_languages_share_as_the_rows_do() -> None:
    rows = [*ENGLISH, *GERMAN, *GERMAN, *GERMAN]
    drawn = shares(in_languages_of(rows, POOL, 4000, 1))
    assert drawn["de"] - drawn["ja"] == pytest.approx(3 * (drawn["en"] - shares(POOL)["en"] / 4), abs=0.1)


def test_a_language_that_the_pool_lacks_changes_nothing() -> None:
    drawn = shares(in_languages_of(["물은 어디에 있어요"] * 9, POOL, 4000, 1))
    assert drawn == pytest.approx(shares(POOL), abs=0.03)


def test_a_message_comes_again_only_when_its_language_is_used_up() -> None:
    english = [one for one in POOL if one.language == "en"]
    drawn = [one.id for one in in_languages_of(ENGLISH, POOL, 4000, 1) if one.language == "en"]
    assert len(drawn) > len(english)
    assert len(set(drawn[: len(english)])) == len(english)


def test_the_seed_decides_the_order_and_an_empty_pool_gives_none() -> None:
    drawn = in_languages_of(ENGLISH, POOL, 50, 1)
    assert drawn == in_languages_of(ENGLISH, POOL, 50, 1)
    assert drawn != in_languages_of(ENGLISH, POOL, 50, 2)
    assert in_languages_of(ENGLISH, (), 50, 1) == []
