"""How a message is written says nothing about whether a tool is called."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from backend.data import CheckOptions, load_dataset
from backend.data.text import Writing
from backend.off_topic import taught_messages
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from job_templates.ml.models.base import starter_base
from job_templates.ml.rows import StarterRows, TokenRow, WrittenRows, written_as_rows
from job_templates.ml.rows.writing import SHARE, drawn_writing
from tests.conftest import ROOT

ALIKE = 0.04
"""The largest difference of two shares that is allowed: 3,977 messages are drawn."""


def own_rows() -> Sequence[Example]:
    return load_dataset(ROOT / "examples" / "hiking.csv", ROOT / "examples" / "tools.json", CheckOptions())[1]


def shares(messages: Sequence[str]) -> dict[str, float]:
    found: Counter[str] = Counter()
    for message in messages:
        writing = Writing.of(message)
        found["capital"] += writing.capital
        found["lower"] += writing.lower
        found["question mark"] += writing.mark == "?"
        found["no mark"] += not writing.mark
    return {name: count / len(messages) for name, count in found.items()}


def test_off_topic_messages_are_written_as_the_rows_are() -> None:
    rows, pool = own_rows(), [message for message in taught_messages() if message.kind != "noise"]
    generator = random.Random(1)
    drawn = shares([drawn_writing(generator.choice(rows), generator).message for _ in pool])
    before = shares([message.text for message in pool])
    after = shares([message.text for message in written_as_rows(pool, rows, 1)])
    assert before["lower"] > 0.8 > 0.5 > drawn["lower"]
    # messages in scripts without case, and capital letters inside a message, make the rest
    latin = shares([message.text for message in written_as_rows([m for m in pool if m.language == "en"], rows, 1)])
    assert after == pytest.approx(drawn, abs=0.25)
    assert latin == pytest.approx(drawn, abs=ALIKE)


def test_a_row_is_drawn_in_its_writings_and_the_same_again() -> None:
    as_it_is, others = TokenRow((1,), (2,)), [TokenRow((3,), (2,)), TokenRow((4,), (2,))]
    source = WrittenRows([as_it_is, as_it_is], [others, []], 7)
    drawn = [source.draw(0, epoch) for epoch in range(600)]
    assert drawn == [WrittenRows([as_it_is, as_it_is], [others, []], 7).draw(0, epoch) for epoch in range(600)]
    counts = Counter(drawn)
    assert counts[as_it_is] / 600 == pytest.approx(1 - SHARE, abs=0.06)
    assert counts[others[0]] / 600 == pytest.approx(SHARE / 2, abs=0.06)
    assert {source.draw(1, epoch) for epoch in range(20)} == {as_it_is}


def test_a_starter_reads_its_rows_in_their_writings(tmp_path: Path) -> None:
    tools, fmt = (Tool("go", "Go", {"type": "object", "properties": {}}),), get_format("native", "none")
    rows = [Example("1", 1, "Where Is It?", (Call("go"),))]
    base = starter_base(1, rows, tools, fmt, tmp_path)
    plain, written = (StarterRows(rows, tools, fmt, base.tokenizer, 1, writings=on) for on in (False, True))
    texts = [
        {base.tokenizer.decode(source.draw(0, epoch).prompt) for epoch in range(60)} for source in (plain, written)
    ]
    assert not any("where is it" in text for text in texts[0])
    assert any("where is it" in text for text in texts[1])
