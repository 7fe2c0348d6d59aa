"""The index finds the same near-duplicates as a comparison of all pairs."""

from __future__ import annotations

from backend.data import load_dataset
from backend.data.similarity import THRESHOLD, NearIndex, similarity
from backend.data.text import normal_message
from tests.conftest import DataSet


def test_it_finds_what_a_comparison_of_all_pairs_finds(cycling: DataSet) -> None:
    _, examples = load_dataset(cycling.dataset, cycling.tools)
    known, asked = ([row.message for row in examples[start::3]] for start in (0, 1))
    index = NearIndex()
    for message in known:
        index.add(message)
    found = 0
    for message in asked:
        pairs = [similarity(normal_message(message), normal_message(one)) for one in known]
        near = index.find(message)
        assert (near is not None) == (max(pairs) >= THRESHOLD)
        if near is not None:
            found += 1
            assert near == (pairs.index(max(pairs)), max(pairs))
    assert found > 10


def test_an_empty_index_finds_nothing() -> None:
    assert NearIndex().find("anything") is None
    assert len(NearIndex()) == 0
