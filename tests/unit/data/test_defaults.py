"""Defaults: which a call writes out, and the two fixes that make a set say them in one way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data import CheckOptions, check_files
from backend.data.calls import default_uses, with_defaults, without_defaults
from backend.data.fixing import plan_fixes, safe_codes
from tests.unit.data.broken_sets import TIMER, TIMERS
from tests.unit.data.builders import TOOLS, call, csv_of, write_files

OPTIONS = CheckOptions(declarations="none")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "integer", "default": 1},
        "on": {"type": "boolean", "default": False},
        "must": {"type": "string", "default": "x"},
        "bad": {"type": "integer", "default": "five"},
        "null": {"type": "string", "default": None},
        "inner": {"type": "object", "properties": {"k": {"type": "string", "default": "a"}}},
        "list": {
            "type": "array",
            "items": {"type": "object", "properties": {"k": {"type": "number", "default": 2}}},
        },
    },
    "required": ["must"],
}


def test_uses_are_found_at_every_depth() -> None:
    arguments = {"n": 1.0, "on": 0, "must": "x", "inner": {}, "list": [{"k": 2}, {}, {"k": 3}]}
    assert set(default_uses(arguments, SCHEMA)) == {
        (("n",), True),
        (("inner", "k"), False),
        (("list", "[]", "k"), True),
        (("list", "[]", "k"), False),
    }


inner = st.fixed_dictionaries({}, optional={"k": st.sampled_from(["a", "b"])})
arguments_ = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(0, 2),
        "on": st.booleans(),
        "must": st.sampled_from(["x", "y"]),
        "inner": inner,
        "list": st.lists(st.fixed_dictionaries({}, optional={"k": st.integers(1, 3)}), max_size=2),
    },
)


@given(arguments=arguments_)
def test_all_or_none_are_written(arguments: dict[str, Any]) -> None:
    full, short = with_defaults(arguments, SCHEMA), without_defaults(arguments, SCHEMA)
    assert all(written for _, written in default_uses(full, SCHEMA))
    assert not any(written for _, written in default_uses(short, SCHEMA))
    assert with_defaults(short, SCHEMA) == full
    assert without_defaults(full, SCHEMA) == short
    assert with_defaults(full, SCHEMA) == full
    assert full.get("must") == arguments.get("must")


@pytest.mark.parametrize(
    ("code", "repeat"), [("calls-default-written", [None] * 3), ("calls-default-omitted", [False] * 3)]
)
def test_either_fix_makes_the_set_one(code: str, repeat: list[bool | None], tmp_path: Path) -> None:
    tools = [*TOOLS, TIMER]
    rows = [*TIMERS, ("Timer of 3 minutes in Fahrenheit", call("start_timer", minutes=3, unit="F", repeat=True))]
    files = write_files(tmp_path, csv_of(rows), tools)
    assert code not in safe_codes()
    planned = plan_fixes(*files, OPTIONS, [code])
    cells = [json.loads(change.after)[0]["args"] for change in planned.changes]
    fixed = write_files(tmp_path, planned.csv_text, planned.tools_text)
    report = check_files(*fixed, OPTIONS)
    assert not [issue for issue in report.issues if issue.code.startswith("calls-default")]
    timers = [dict(row.calls[0].arguments) for row in report.examples if row.calls[0].name == "start_timer"]
    assert [timer.get("repeat") for timer in timers] == [*repeat, True]
    assert all("unit" not in cell for cell in cells)
    assert plan_fixes(*fixed, OPTIONS, [code]).changes == ()


def test_both_fixes_together_end(tmp_path: Path) -> None:
    files = write_files(tmp_path, csv_of(TIMERS), [*TOOLS, TIMER])
    codes = ["calls-default-written", "calls-default-omitted"]
    planned = plan_fixes(*files, OPTIONS, codes)
    assert plan_fixes(*write_files(tmp_path, planned.csv_text, planned.tools_text), OPTIONS, codes).changes == ()
