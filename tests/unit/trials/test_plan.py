"""How many trials fit into a budget, and which settings go on."""

from __future__ import annotations

import pytest

from backend.errors import InputError
from backend.trials import Plan, best, largest_plan, median_ratio


def costs(share: float) -> float:
    return 100.0 * share


def test_the_trials_of_a_small_and_of_a_large_plan_add_up() -> None:
    small, large = Plan(4, 2), Plan(8, 3)
    assert (small.trials, small.finalists) == (4 + 2 * 2, 2)
    assert small.seconds(costs) == 4 * 25 + 2 * 2 * 100
    assert (large.trials, large.finalists) == (8 + 5 + 3 * 3, 3)
    assert large.seconds(costs) == 8 * 25 + 5 * 50 + 3 * 3 * 100
    assert large.seconds(costs, done=1) == 5 * 50 + 3 * 3 * 100


def test_the_largest_plan_that_fits_is_chosen() -> None:
    need = Plan(5, 3).seconds(costs) + 100
    assert largest_plan(costs, need, 100, most=32).settings == 5
    assert largest_plan(costs, need - 1, 100, most=32).settings == 4
    assert largest_plan(costs, 1e9, 100, most=12).settings == 12


def test_a_budget_that_is_too_small_is_refused_with_the_minutes_that_suffice() -> None:
    with pytest.raises(InputError, match=r"Give --minutes (\d+)") as refused:
        largest_plan(costs, 60, 100, most=32)
    minutes = int(str(refused.value).split("--minutes ")[1].split(",")[0])
    assert largest_plan(costs, minutes * 60, 100, most=32).settings >= 3


def test_the_best_go_on_and_the_start_always_does() -> None:
    scores = {0: 0.1, 1: 0.5, 2: 0.9, 3: 0.7, 4: 0.2}
    assert best(scores, 2) == (0, 2, 3)
    assert best({2: 0.9}, 2) == (0, 2)
    assert best({0: 0.9, 1: 0.5, 2: 0.5}, 1) == (0, 1), "of equal ones, the first"
    assert best({}, 1) == (0,)


def test_the_speed_is_the_median_ratio() -> None:
    assert median_ratio([]) == 1.0
    assert median_ratio([(20, 10), (900, 10), (30, 10)]) == 3.0
