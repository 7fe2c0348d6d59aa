"""Other settings are chosen only if they are better on the rows of the final."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backend.runs import RunConfig
from backend.trials import Found, Sweep, Trial, choose

START = RunConfig()
ROWS = [f"row{number}" for number in range(40)]


def search(*trials: Trial, start: RunConfig = START) -> Found:
    settings = (start, replace(start, lr=0.002), replace(start, lr=0.004))
    return choose(Sweep(30, 2, 32, ("lr",), {}, settings, 3, trials))


def final(settings: int, fold: int, wrong: int) -> Trial:
    return Trial(settings, 1.0, fold, "done", 1.0, 0.9, len(ROWS), tuple(ROWS[:wrong]))


def test_settings_with_many_more_right_rows_are_better() -> None:
    found = search(final(0, 1, 8), final(1, 1, 2), final(0, 2, 9), final(1, 2, 1))
    assert (found.settings, found.better, found.rows, found.gained, found.lost) == (1, True, 80, 14, 0)
    assert "2 seeds" in found.reason


def test_the_best_of_two_finalists_is_taken() -> None:
    found = search(final(0, 1, 20), final(1, 1, 8), final(2, 1, 4))
    assert found.settings == 2


@pytest.mark.parametrize("wrong", [8, 7, 12])
def test_settings_that_are_not_told_apart_or_worse_are_not_chosen(wrong: int) -> None:
    found = search(final(0, 1, 8), final(1, 1, wrong))
    assert (found.settings, found.better) == (0, False)
    assert "the defaults are as good" in found.reason


def test_settings_of_the_users_own_are_not_called_the_defaults() -> None:
    found = search(final(0, 1, 8), final(1, 1, 8), start=replace(START, lr=0.003))
    assert "your settings are as good" in found.reason


def test_only_folds_that_both_scored_count() -> None:
    found = search(final(0, 1, 8), final(1, 1, 8), final(1, 2, 0))
    assert (found.rows, found.gained) == (40, 0)


def test_without_a_final_the_start_is_kept() -> None:
    rounds = Trial(1, 0.25, 0, "done", 1.0, 0.9, 40, ())
    assert search(rounds, final(0, 1, 8)).settings == 0
    assert "kept" in search(rounds, Trial(1, 1.0, 1, "skipped")).reason
