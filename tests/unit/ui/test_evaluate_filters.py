"""The filters of the Evaluate step reach every row of an evaluation as large as a real one."""

from __future__ import annotations

import re

import pytest

from tests.scripted import HELD_OUT, scripted_evaluation
from ui.evaluate.others import NGRAM, Other, Results
from ui.evaluate.selection import ALL, NGRAM_ONLY, RIGHT, WRONG, Choice, chosen_rows, first_choice, tools_of
from ui.evaluate.table import row_table


@pytest.fixture(scope="module")
def results() -> Results:
    evaluation = scripted_evaluation()
    assert evaluation.ngram_baseline is not None
    return Results(
        evaluation, {NGRAM: Other(NGRAM, "the n-gram classifier", "The classifier", evaluation.ngram_baseline)}
    )


def _ids(results: Results, choice: Choice) -> set[str]:
    return {row.id for row in chosen_rows(results, choice)}


def test_the_wrong_rows_come_first_and_with_the_right_ones_they_are_all(results: Results) -> None:
    assert first_choice(results.evaluation) == Choice(WRONG)
    wrong, right = _ids(results, Choice(WRONG)), _ids(results, Choice(RIGHT))
    assert len(right) == results.evaluation.tuned.combined.k
    assert not wrong & right
    assert wrong | right == _ids(results, Choice(ALL))
    assert len(wrong | right) == HELD_OUT


def test_what_only_the_classifier_has_right_is_shown_with_its_answer(results: Results) -> None:
    baseline = results.evaluation.ngram_baseline
    assert baseline is not None
    known = {row.id for row in baseline.rows if row.right}
    assert _ids(results, Choice(NGRAM_ONLY)) == known - _ids(results, Choice(RIGHT))
    shown = row_table(results, Choice(NGRAM_ONLY), 0, 42)
    assert shown.count("The classifier: ") == shown.count("<tr>") - 1 == 8


def test_each_row_has_its_tool_and_its_kind_of_error(results: Results) -> None:
    rows = results.evaluation.tuned.rows
    tools = {tool for row in rows for tool in tools_of(row)}
    assert sum(len(_ids(results, Choice(ALL, tool))) for tool in tools) == HELD_OUT
    for kind, count in results.evaluation.tuned.error_classes.items():
        assert len(_ids(results, Choice(ALL, kind=kind))) == count
        assert {row.error_class for row in chosen_rows(results, Choice(ALL, kind=kind))} == {kind}


def test_the_pages_hold_every_row_once(results: Results) -> None:
    pages = [row_table(results, Choice(ALL), page, 42) for page in range(HELD_OUT // 8)]
    assert "1–8 of 120" in pages[0]
    assert "113–120 of 120" in pages[-1]
    lines = [line for page in pages for line in re.findall(r"line ([\d,]+)", page)]
    assert len(set(lines)) == len(lines) == HELD_OUT
