"""Arguments with a closed set of values are found: in the real sets, at the limits, and as the schema says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from backend.data import CheckOptions, CheckReport, check_files, load_dataset
from backend.data.fixing import plan_fixes
from backend.data.rows import SetView, closed_values, read_inputs
from backend.records import Issue
from tests.conftest import ROOT, DataSet
from tests.unit.data.broken_sets import SPOT_ROWS, SPOTS
from tests.unit.data.builders import TOOLS, argument, call, csv_of, tool, write_files

CODE = "values-closed"
OPTIONS = CheckOptions(declarations="none", count_tokens=False, allow_multiple_calls=True)
EXAMPLES = DataSet(ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")
WORDS = [f"thing{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]


def found(report: CheckReport) -> list[Issue]:
    return [issue for issue in report.issues if issue.code == CODE]


def check(folder: Path, rows: Sequence[tuple[str, str]], tools: Any) -> list[Issue]:
    report = check_files(*write_files(folder, csv_of(rows), tools), OPTIONS)
    return found(report)


def spots(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [*TOOLS, tool("find_spot", "Find a spot nearby.", {"kind": schema}, ["kind"])]


def rows_of(values: Sequence[str], times: int, message: str = "Number {} of the kind {}") -> list[tuple[str, str]]:
    """`times` different messages for each value, none with the value."""
    pairs = [(at, turn) for turn in range(times) for at in range(len(values))]
    return [(message.format(turn + 1, WORDS[at]), call("find_spot", kind=values[at])) for at, turn in pairs]


def test_the_closed_arguments_of_the_cycling_set(cycling: DataSet) -> None:
    issues = found(check_files(cycling.dataset, cycling.tools, OPTIONS))
    assert [(issue.line, issue.severity, issue.message, issue.fix) for issue in issues] == [
        (
            10,
            "info",
            'get_ride_status.query has only 6 values in 253 rows: "distance" 44, "all" 43, "time" 43, "battery" 42, '
            '"speed" 41, "elevation" 40.',
            "List these 6 values as an enum.",
        ),
        (
            54,
            "info",
            'get_weather_forecast.query has only 3 values in 126 rows: "ahead" 44, "current" 41, "wind" 41.',
            "List these 3 values as an enum.",
        ),
        (
            76,
            "info",
            'find_nearby_poi.query has only 5 values in 176 rows: "water" 44, "cafe" 39, "bike_shop" 31, '
            '"rest_area" 31, "shelter" 31. Its description also lists "any", "food", without rows; the fix includes '
            "them.",
            "List these 7 values as an enum.",
        ),
        (
            98,
            "info",
            'get_route_alternatives.query has only 5 values in 185 rows: "flatter" 61, "avoid_main_roads" 31, '
            '"scenic" 31, "sheltered" 31, "shorter" 31. Its description also lists "paved", without rows; the fix '
            "includes it.",
            "List these 6 values as an enum.",
        ),
    ]


def test_the_open_arguments_of_the_snips_set_and_of_the_cases_are_not_found(snips7: DataSet) -> None:
    assert found(check_files(snips7.dataset, snips7.tools, OPTIONS)) == []
    cases = sorted(path for path in (snips7.dataset.parents[2] / "cases").iterdir() if path.is_dir())
    assert cases
    for case in cases:
        assert found(check_files(case / "data.csv", case / "tools.json", OPTIONS)) == [], case.name


def test_the_closed_arguments_of_the_example_set() -> None:
    issues = found(check_files(EXAMPLES.dataset, EXAMPLES.tools, OPTIONS))
    assert [issue.message.split(" has ")[0] for issue in issues] == [
        "find_nearby_place.query", "describe_trail_ahead.query", "get_weather.query", "get_hike_status.query",
        "control_safety.query",
    ]  # fmt: skip
    assert issues[0].message.endswith('in 196 rows: "food" 49, "shelter" 49, "toilet" 49, "water" 49.')


@pytest.mark.parametrize("size", [60, 100])
def test_what_is_found_in_a_sample_has_every_value(size: int, cycling: DataSet, snips7: DataSet) -> None:
    chooser = Random(size)
    times: Counter[str] = Counter()
    for name, data in (("cycling", cycling), ("example", EXAMPLES), ("snips", snips7)):
        inputs = read_inputs(data.dataset, data.tools, OPTIONS)
        _, examples = load_dataset(data.dataset, data.tools)
        everything = {one.argument: set(one.values) for one in closed_values(SetView(inputs, examples))}
        for called in inputs.tools:
            rows = [example for example in examples if example.calls[0].name == called]
            for _ in range(20 if len(rows) >= size else 0):
                for one in closed_values(SetView(inputs, tuple(chooser.sample(rows, size)))):
                    assert set(one.values) == everything[one.argument]
                    times[name] += 1
    assert times == {"cycling": 80, "example": 100}


@pytest.mark.parametrize(
    ("rows", "is_found"),
    [
        (SPOT_ROWS, True),
        (rows_of(["x", "y", "z"], 10), True),
        (rows_of(["x", "y", "z"], 9), False),
        (rows_of(["x", "y"], 14), False),
        (rows_of([f"sort{word}" for word in WORDS[:20]], 10), True),
        (rows_of([f"sort{word}" for word in WORDS[:21]], 10), False),
        (rows_of(["x"], 40), False),
        ([*rows_of(["x", "y"], 30), ("Only once", call("find_spot", kind="z"))], False),
        ([*rows_of(["x", "y"], 30), *[("Only one message", call("find_spot", kind="z"))] * 5], False),
        ([*rows_of(["x", "y"], 30), ("One", call("find_spot", kind="z")), ("Two", call("find_spot", kind="z"))], True),
        ([row for row in rows_of(["x", "y", "z"], 5) for _ in range(4)], False),
        (rows_of(["Rest Area", "rest_area"], 30), False),
        (rows_of(["x", " "], 30), False),
        (rows_of(["5km", "10km", "all"], 30), False),
        (rows_of(["07:30", "now", "tonight", "later"], 30), True),
        (rows_of(["水", "食べ物", "café"], 10), True),
        (rows_of(WORDS[:3], 20), False),
        (rows_of(["水", "食"], 30, "私は水と食 {} {}"), False),
        ([(f"Message {at}", call("find_spot", kind=f"value {at}")) for at in range(3000)], False),
        ([], False),
    ],
)
def test_what_looks_closed(rows: list[tuple[str, str]], is_found: bool, tmp_path: Path) -> None:
    assert bool(check(tmp_path, rows, [*TOOLS, SPOTS])) is is_found


@pytest.mark.parametrize(
    ("schema", "is_found", "has_fix"),
    [
        (argument("STRING"), True, True),
        (argument(["string", "null"]), True, False),
        (argument("string", enum=["water", "food", "wc"]), False, False),
        (argument("string", enum=[]), True, True),
        (argument("string", format="date"), False, False),
        (argument("string", pattern="[a-z]+"), False, False),
        (argument("string", "Kind of spot, e.g. water"), True, False),
        (argument("string", "What the user would like"), True, True),
        (argument("integer"), False, False),
        ({"$ref": "#/$defs/kind"}, False, False),
    ],
)
def test_what_the_schema_says_of_other_values(
    schema: dict[str, Any], is_found: bool, has_fix: bool, tmp_path: Path
) -> None:
    issues = check(tmp_path, SPOT_ROWS, spots(schema))
    assert bool(issues) is is_found
    planned = plan_fixes(tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS, [CODE])
    assert bool(planned.changes) is has_fix
    assert [bool(issue.fix) for issue in issues] == [has_fix] * len(issues)
    if issues and not has_fix:
        assert "add the enum by hand" in issues[0].message.lower()


def test_examples_in_the_description_are_named(tmp_path: Path) -> None:
    issues = check(tmp_path, SPOT_ROWS, spots(argument("string", "Kind of spot, e.g. water")))
    assert 'The description says "e.g", so more values may be allowed' in issues[0].message


def test_values_of_mixed_types_are_not_counted(tmp_path: Path) -> None:
    wrong = [("A number", call("find_spot", kind=5)), ("A list", call("find_spot", kind=["water"]))]
    issues = check(tmp_path, [*SPOT_ROWS, *wrong], [*TOOLS, SPOTS])
    assert "has only 3 values in 36 rows" in issues[0].message
