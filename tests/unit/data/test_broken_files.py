"""Every planted fault is reported with its code, line and column, and nothing else is called an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.data.rules import all_rules
from tests.unit.data import (
    broken_csv,
    broken_dialects,
    broken_rows,
    broken_schemas,
    broken_sets,
    broken_tools,
)
from tests.unit.data.builders import Case, check_case

GROUPS = {
    "csv": broken_csv.CASES,
    "rows": broken_rows.CASES,
    "sets": broken_sets.CASES,
    "tools": broken_tools.CASES,
    "schemas": broken_schemas.CASES,
    "dialects": broken_dialects.CASES,
}
CASES = [pytest.param(case, id=f"{group}: {case.name}") for group, cases in GROUPS.items() for case in cases]


@pytest.mark.parametrize("case", CASES)
def test_fault_is_reported_where_it_stands(case: Case, tmp_path: Path) -> None:
    report = check_case(tmp_path, case)
    found = {(issue.code, issue.line, issue.column) for issue in report.issues}
    assert set(case.expected) <= found
    codes = {code for code, _, _ in case.expected} | set(case.also)
    errors = [issue for issue in report.issues if issue.severity == "error"]
    assert {issue.code for issue in errors} <= codes
    places = {(code, line) for code, line, _ in case.expected}
    assert all((issue.code, issue.line) in places for issue in errors if issue.code not in case.also)
    assert report.ok is not bool(errors)


def test_corpus_is_large_and_covers_the_rules() -> None:
    assert len(CASES) >= 150
    covered = {code for cases in GROUPS.values() for case in cases for code, _, _ in case.expected}
    elsewhere = {
        "csv-unreadable", "csv-too-large", "csv-too-many-rows", "tools-unreadable", "tools-too-large",
        "set-split-one-sided", "set-near-duplicate-across-split", "tokens-budget",
    }  # fmt: skip
    assert {rule.code for rule in all_rules()} == covered | elsewhere
