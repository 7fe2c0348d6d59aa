"""Suspect labels: planted ones are found, and the floor is measured on rows that were not seen."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from backend.data import load_dataset
from backend.data.rows.label_errors import find_label_errors
from backend.errors import InputError
from tests.conftest import DataSet


def test_planted_wrong_labels_come_first(cycling: DataSet) -> None:
    _, examples = load_dataset(cycling.dataset, cycling.tools)
    random = Random(0)
    planted = {one.line for one in random.sample(examples, 30)}
    others = {one.line: [o.calls for o in examples if o.calls[0].name != one.calls[0].name] for one in examples}
    rows = [replace(one, calls=random.choice(others[one.line])) if one.line in planted else one for one in examples]
    report = find_label_errors(rows)
    assert sum(suspect.line in planted for suspect in report.suspects) >= 12
    assert sum(suspect.line in planted for suspect in report.suspects[:10]) >= 7
    truth = {one.line: one.calls[0].name for one in examples}
    found = [suspect for suspect in report.suspects[:10] if suspect.line in planted]
    assert sum(truth[suspect.line] in suspect.likely for suspect in found) >= len(found) - 1
    assert all(suspect.likely_probability > suspect.given_probability for suspect in found)


def test_the_floor_is_measured_on_unseen_rows(cycling: DataSet) -> None:
    _, examples = load_dataset(cycling.dataset, cycling.tools)
    report = find_label_errors(examples)
    assert 0.75 < report.accuracy < report.tool_accuracy < 0.95
    assert (report.rows, report.labels, report.whole_calls) == (942, 23, True)
    assert len(report.suspects) < 60
    assert find_label_errors(examples) == report


def test_open_values_fall_back_to_tools(snips7: DataSet) -> None:
    _, examples = load_dataset(snips7.dataset, snips7.tools)
    report = find_label_errors(examples)
    assert (report.labels, report.whole_calls) == (7, False)
    assert report.accuracy == report.tool_accuracy > 0.95


def test_too_few_rows_are_refused(cycling: DataSet) -> None:
    _, examples = load_dataset(cycling.dataset, cycling.tools)
    with pytest.raises(InputError, match="at least 20 rows"):
        find_label_errors(examples[:10])
    with pytest.raises(InputError, match="two different calls"):
        find_label_errors([replace(one, calls=examples[0].calls) for one in examples[:50]])
