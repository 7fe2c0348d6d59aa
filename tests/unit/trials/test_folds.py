"""The rows of the trials: other rows in each fold, and never the run's own held-out rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.data import load_dataset, split_examples
from backend.errors import InputError
from backend.off_topic import asked_messages
from backend.runs import RunConfig
from backend.trials import folds
from tests.conftest import ROOT

TOOLS, ROWS = load_dataset(ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")
CONFIG = RunConfig()
ORIGIN = "grown by some/model on 2026-11-28"


def test_no_row_is_held_out_twice_and_all_rows_are_in_every_fold() -> None:
    split = split_examples(ROWS, TOOLS, 0.1, 42)
    found = folds(split.train, TOOLS, CONFIG, 4)
    held_out = [{row.id for row in part if row.split == "test" and row.calls} for part in found]
    assert all(50 < len(ids) <= 150 for ids in held_out)
    assert len(set().union(*held_out)) == sum(map(len, held_out))
    for part in found:
        assert {row.id for row in part if row.calls} == {row.id for row in split.train}
        assert {row.id for row in part}.isdisjoint(row.id for row in split.test)


def test_off_topic_messages_are_held_out_that_no_evaluation_asks() -> None:
    found = folds(ROWS[:200], TOOLS, CONFIG, 2)
    silent = [{row.message for row in part if not row.calls} for part in found]
    assert all(silent)
    assert silent[0].isdisjoint(silent[1])
    assert set().union(*silent).isdisjoint(message.text for message in asked_messages())
    (part,) = folds(ROWS[:200], TOOLS, replace(CONFIG, stay_silent=False), 1)
    assert all(row.calls for row in part)


def test_rows_that_a_large_model_wrote_are_never_held_out() -> None:
    rows = [*ROWS[:100], *(replace(row, origin=ORIGIN) for row in ROWS[100:300])]
    for part in folds(rows, TOOLS, CONFIG, 2):
        assert not any(row.is_grown for row in part if row.split == "test")
        assert sum(row.is_grown for row in part) == 200


@pytest.mark.parametrize("count", [0, 1, 3, 10])
def test_too_few_rows_are_refused(count: int) -> None:
    with pytest.raises(InputError, match="too few to search"):
        folds(ROWS[:count], TOOLS, CONFIG, 4)
