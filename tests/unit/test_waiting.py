"""Tests wait for conditions: with one function, which says where it waited in vain."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.waiting import wait_until

TESTS = ROOT / "tests"
TIMES = {"tests/waiting.py": "it is the loop that waits"}
"""The files that may sleep, and why."""


def _sleeps(path: Path) -> list[int]:
    """The lines that wait for a time and not for a condition."""
    called = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    return [call.lineno for call in called if ast.unparse(call.func).endswith(("time.sleep", "wait_for_timeout"))]


def test_no_test_waits_for_a_time() -> None:
    found = {str(path.relative_to(ROOT)): _sleeps(path) for path in TESTS.rglob("*.py")}
    assert {name for name, lines in found.items() if lines} == set(TIMES)


def test_what_becomes_true_is_returned() -> None:
    answers = iter([None, 0, "", "yes"])
    assert wait_until(lambda: next(answers)) == "yes"


def test_what_never_becomes_true_is_named_by_its_line() -> None:
    with pytest.raises(AssertionError, match=r"test_waiting\.py:\d+ did not become true within 0 seconds"):
        wait_until(lambda: False, 0)
