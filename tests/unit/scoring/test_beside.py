"""Two reports beside each other: only common rows count, and each side's rows are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.scoring import RowResult, mcnemar
from backend.scoring.comparison import compare_rows

Rows = dict[str, tuple[bool, bool]]


def report(rows: Rows) -> list[RowResult]:
    return [
        RowResult(
            name, 2, "x", (), (), "x",
            parsed=True, tool_right=tool, right=right, right_normalised=right, error_class=None, detail="",
        )
        for name, (tool, right) in rows.items()
    ]  # fmt: skip


def test_only_common_rows_are_compared() -> None:
    mine = report({"a": (True, True), "b": (True, False), "c": (False, False), "mine alone": (True, True)})
    theirs = report({"c": (True, True), "b": (True, False), "a": (True, False), "theirs alone": (True, True)})
    found = compare_rows(mine, theirs)
    assert found is not None
    assert (found.n, found.gained, found.lost, found.p) == (3, ("a",), ("c",), 1.0)
    assert {name: (rate.k, rate.n) for name, rate in found.own.items()} == {"tool": (2, 3), "combined": (1, 3)}
    assert {name: (rate.k, rate.n) for name, rate in found.other.items()} == {"tool": (3, 3), "combined": (1, 3)}


def test_nothing_in_common_is_no_comparison() -> None:
    assert compare_rows(report({"a": (True, True)}), report({"b": (True, True)})) is None


@pytest.mark.parametrize(("better", "p"), [(5, 0.0625), (6, 0.03125)])
def test_p_is_the_exact_one(better: int, p: float) -> None:
    names = [f"row {at}" for at in range(20)]
    mine = report({name: (True, at < 10 + better) for at, name in enumerate(names)})
    theirs = report({name: (True, at < 10) for at, name in enumerate(names)})
    found = compare_rows(mine, theirs)
    assert found is not None
    assert (len(found.gained), len(found.lost), found.p) == (better, 0, p)


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.booleans(), st.booleans()), min_size=1))
def test_either_side_sees_the_same_difference(pairs: Rows) -> None:
    mine = report({name: (True, own) for name, (own, _) in pairs.items()})
    theirs = report({name: (True, other) for name, (_, other) in pairs.items()})
    here, there = compare_rows(mine, theirs), compare_rows(theirs, mine)
    assert here is not None
    assert there is not None
    assert (here.gained, here.lost, here.own) == (there.lost, there.gained, there.other)
    assert here.own["combined"].k - here.other["combined"].k == len(here.gained) - len(here.lost)
    assert here.p == there.p == mcnemar(len(here.lost), len(here.gained))
