"""What the starter trains on: rows varied without changing what they ask for."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from backend.prompts import get_format
from backend.records import Call, Declarations, Example, FormatName, Tool
from job_templates.ml.models.base import starter_base
from job_templates.ml.rows.augment import Augmenter, StarterRows, Strength, mixed, spoken_values
from job_templates.ml.rows.encoding import encode_rows

ARTISTS = ("Nina Simone", "Can", "Boards of Canada", "Björk", "Low", "Miles Davis", "Fela Kuti", "Sade")
TOOLS = (
    Tool("play", "Play music", {"type": "object", "properties": {"artist": {"type": "string"}}}),
    Tool("set_light", "Switch a light", {"type": "object", "properties": {"level": {"type": "integer"}}}),
)
PLAY = [
    Example(f"p{number}", number, f"please play something by {artist} now", (Call("play", {"artist": artist}),))
    for number, artist in enumerate(ARTISTS)
]
LIGHT = [
    Example(f"l{number}", number, f"put the light at {number} percent", (Call("set_light", {"level": number}),))
    for number in range(10, 18)
]
NOTHING = [Example("n", 0, "tell me a joke", (), "I cannot.")]
ROWS = [*PLAY, *LIGHT, *NOTHING]
NONE = Strength(drop=0, typo=0, mix=0, swap=0)


def test_only_arguments_that_repeat_many_different_words_are_exchanged() -> None:
    speeds = ("fast", "slow") * 10
    few = [Example(str(line), line, f"go {how}", (Call("go", {"how": how}),)) for line, how in enumerate(speeds)]
    assert spoken_values([*ROWS, *few]).keys() == {("play", "artist")}


def test_an_exchanged_value_changes_in_the_message_and_in_the_call() -> None:
    augmenter = Augmenter(ROWS, Strength(drop=0, typo=0, mix=0, swap=1))
    varied = [augmenter.vary(PLAY[0], random.Random(seed)) for seed in range(40)]
    assert len({row.message for row in varied}) > 10
    for row in varied:
        assert row.message == f"please play something by {row.calls[0].arguments['artist']} now"


def test_words_that_an_argument_needs_are_never_dropped_or_mistyped() -> None:
    augmenter = Augmenter(ROWS, Strength(drop=0.6, typo=0.4, mix=0, swap=0))
    for seed in range(40):
        row = augmenter.vary(LIGHT[2], random.Random(seed))
        assert "12" in row.message.split()
        assert row.calls == LIGHT[2].calls
        assert augmenter.vary(NOTHING[0], random.Random(seed)).message


def test_rows_are_mixed_only_with_rows_that_ask_the_same() -> None:
    lamps = [
        Example("a", 1, "please make it bright", (Call("set_light", {"level": 9}),)),
        Example("b", 2, "full power for the lamp", (Call("set_light", {"level": 9}),)),
    ]
    augmenter = Augmenter([*lamps, *ROWS], Strength(drop=0, typo=0, mix=1, swap=0))
    words = {word for row in lamps for word in row.message.split()}
    varied = {augmenter.vary(lamps[0], random.Random(seed)).message for seed in range(60)}
    assert len(varied) > 10
    assert {word for message in varied for word in message.split()} == words
    assert augmenter.vary(PLAY[0], random.Random(1)) == PLAY[0]
    assert mixed("same words", "same words", random.Random(1)) == "same words"


def test_a_mixed_row_still_says_the_number_that_its_call_holds() -> None:
    at_nine = [
        Example(name, 1, text, (Call("set_light", {"level": 9}),))
        for name, text in (("a", "9 please"), ("b", "make it 9"))
    ]
    augmenter = Augmenter(at_nine, Strength(drop=0, typo=0, mix=1, swap=0))
    varied = {augmenter.vary(row, random.Random(seed)).message for seed in range(60) for row in at_nine}
    assert len(varied) > 3
    assert all("9" in message.split() for message in varied)


def test_a_typo_changes_one_place() -> None:
    row = Example("a", 1, "kitchen", (Call("play", {}),))
    augmenter = Augmenter([row], Strength(drop=0.0, typo=1.0, mix=0.0, swap=0.0))
    for seed in range(30):
        word = augmenter.vary(row, random.Random(seed)).message
        assert word != "kitchen"
        assert 6 <= len(word) <= 8


@pytest.mark.parametrize("name", ["native", "json"])
@pytest.mark.parametrize("declarations", ["full", "names", "none"])
def test_unvaried_rows_are_encoded_as_whole_prompts_are(
    name: FormatName, declarations: Declarations, tmp_path: Path
) -> None:
    fmt = get_format(name, declarations)
    rows = [*ROWS, Example("odd", 1, "  'quoted' … é漢 <b> ", (Call("play", {"artist": "\n"}),))]
    base = starter_base(1, rows, TOOLS, fmt, tmp_path)
    source = StarterRows(rows, TOOLS, fmt, base.tokenizer, 1, NONE)
    whole = encode_rows(rows, TOOLS, fmt, base.tokenizer)
    drawn = [source.draw(index, 0) for index in range(len(rows))]
    assert drawn == whole


def test_the_same_seed_draws_the_same_rows_and_each_turn_differs(tmp_path: Path) -> None:
    fmt = get_format("native", "none")
    base = starter_base(1, ROWS, TOOLS, fmt, tmp_path)
    one, two = (StarterRows(ROWS, TOOLS, fmt, base.tokenizer, 7) for _ in range(2))
    first = [one.draw(0, turn) for turn in range(8)]
    assert first[::-1] == [two.draw(0, turn) for turn in reversed(range(8))]
    assert len({row.prompt for row in first}) > 3
