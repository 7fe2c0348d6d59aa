"""Checks a user's own test CSV, by itself and against the training rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from backend.data.check.check import check_rows, sound_examples
from backend.data.check.report import CheckReport, TableRow, in_order
from backend.data.rows import Inputs, SetView, read_inputs
from backend.data.rules import get_rule
from backend.data.text import CheckOptions, whole
from backend.records import Example, Issue

_LEAKS = ("set-test-row-in-train", "set-near-duplicate-across-split")


def check_test_file(
    train: Iterable[Example], test: Path, tools: Path, options: CheckOptions | None = None
) -> CheckReport:
    """Checks a test CSV against the rules on files and rows, and its rows against the training rows.

    Lines are those of the test CSV; the examples in the report have the split `test`.
    """
    inputs = read_inputs(test, tools, options or CheckOptions())
    issues = check_rows(inputs)
    tested = tuple(replace(example, split="test") for example in sound_examples(inputs, issues))
    issues += leaks(train, tested, inputs)
    return CheckReport(
        inputs.table.row_count,
        inputs.tools_file.tools,
        tested,
        in_order(issues),
        inputs.rows_per_tool,
        None,
        tuple(TableRow(row.line, whole(row.message or ""), whole(row.calls or "")) for row in inputs.rows),
    )


def leaks(train: Iterable[Example], test: Iterable[Example], inputs: Inputs) -> list[Issue]:
    """Returns an issue for each test row that equals or nearly equals a training row, on the test row's line."""
    view = SetView(inputs, joined(train, test))
    return [rule.issue(finding) for rule in map(get_rule, _LEAKS) for finding in rule.check(view)]


def joined(train: Iterable[Example], test: Iterable[Example]) -> tuple[Example, ...]:
    """Returns training and test rows as one set whose split column marks each; all ids are different."""
    trained = tuple(replace(example, split="train") for example in train)
    taken = {example.id for example in trained}
    tested = (
        replace(example, split="test", id=f"{example.id}-test" if example.id in taken else example.id)
        for example in test
    )
    return (*trained, *tested)
