"""The inputs in shared/cases whose tools.json is read wrongly or refused: read, and led out of every error in it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.data.fixing.fixing import plan_fixes
from tests.conftest import SHARED

CASES = SHARED / "cases"
OPTIONS = CheckOptions(declarations="none")
KINDS = (
    "enums-of-numbers",
    "flat-parameters",
    "free-form-objects",
    "items-on-a-string",
    "json-with-comments",
    "names-beyond-letters",
    "nested-type",
    "open-arrays",
    "ref-to-properties",
    "required-and-nullable",
    "tools-as-lines",
    "tuples",
)
WITHOUT_A_FIX = {"calls-not-in-enum", "calls-wrong-type", "calls-missing-argument"}
"""Errors of rows whose values really contradict the schema."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_of_tools_has_a_fix_that_ends(kind: str, tmp_path: Path) -> None:
    files = [Path(shutil.copyfile(CASES / kind / name, tmp_path / name)) for name in ("data.csv", "tools.json")]
    issues = check_files(*files, OPTIONS).issues
    assert all(issue.fix for issue in issues if issue.file == "tools" and issue.severity == "error")
    assert not any(word in issue.message for issue in issues for word in ("True", "False", "None"))
    codes = {issue.code for issue in issues if issue.fix} - {"tools-tuple-names", "tools-open-array"}
    plan = plan_fixes(*files, OPTIONS, codes)
    for path, text in zip(files, (plan.csv_text, plan.tools_text), strict=True):
        path.write_text(text, encoding="utf-8")
    after = check_files(*files, OPTIONS).issues
    left = {issue.code for issue in after if issue.severity == "error" and not issue.code.startswith("set-")}
    assert left <= WITHOUT_A_FIX
    assert plan_fixes(*files, OPTIONS, codes).changes == ()
