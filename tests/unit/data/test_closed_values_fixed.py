"""The fix that lists closed values as enums in tools.json, and the rows that the page shows behind a finding."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import check_files
from backend.data.fixing import plan_fixes, safe_codes
from backend.data.text import FixPlan
from tests.conftest import DataSet
from tests.unit.data.broken_sets import SPOT_ROWS, SPOTS
from tests.unit.data.builders import TOOLS, argument, call, csv_of, tool, write_files
from tests.unit.data.test_closed_values import CODE, EXAMPLES, OPTIONS, WORDS, check, found, rows_of
from ui.data.row_detail import rows_behind


@pytest.mark.parametrize("data", ["cycling", "example"])
def test_the_fix_leaves_no_finding_and_a_second_one_changes_nothing(
    data: str, cycling: DataSet, tmp_path: Path
) -> None:
    files = cycling if data == "cycling" else EXAMPLES
    before = check_files(files.dataset, files.tools, OPTIONS)
    first = plan_fixes(files.dataset, files.tools, OPTIONS, [CODE])
    assert [change.code for change in first.changes] == [CODE] * len(found(before))
    written = write_files(tmp_path, first.csv_text, first.tools_text)
    after = check_files(*written, OPTIONS)
    assert after.ok
    assert found(after) == []
    assert after.examples == before.examples
    again = plan_fixes(*written, OPTIONS, [CODE])
    assert again == FixPlan((), first.csv_text, first.tools_text)


def test_the_fix_writes_nothing_but_enums_by_frequency_and_alphabet(cycling: DataSet) -> None:
    planned = plan_fixes(cycling.dataset, cycling.tools, OPTIONS, [CODE])
    old, new = (json.loads(text) for text in (cycling.tools.read_text(), planned.tools_text))
    enums = {}
    for entry in new:
        schema = entry["function"]["parameters"]["properties"]["query"]
        enums[entry["function"]["name"]] = schema.pop("enum", None)
    assert new == old
    assert enums["find_nearby_poi"] == ["water", "cafe", "bike_shop", "rest_area", "shelter", "any", "food"]
    assert enums["get_weather_forecast"] == ["ahead", "current", "wind"]
    assert enums["get_segment_ahead"] is enums["get_rider_profile"] is None


def test_the_fix_of_one_line_changes_one_argument(cycling: DataSet) -> None:
    planned = plan_fixes(cycling.dataset, cycling.tools, OPTIONS, [CODE], [54])
    assert [(change.line, change.column) for change in planned.changes] == [
        (54, "[2].function.parameters.properties.query")
    ]
    assert planned.changes[0].after.endswith('or wind", "enum": ["ahead", "current", "wind"]}')
    assert planned.tools_text.count('"enum"') == 1
    assert plan_fixes(cycling.dataset, cycling.tools, OPTIONS, [CODE], [55]).changes == ()


def test_the_safe_fixes_leave_the_enum_out(cycling: DataSet) -> None:
    assert CODE not in safe_codes()
    assert '"enum"' not in plan_fixes(cycling.dataset, cycling.tools, OPTIONS).tools_text


NESTED = tool(
    "book",
    "Books a seat.",
    {
        "seat": argument("object", properties={"class": argument("string"), "row": argument("integer")}),
        "extras": argument("array", items={"type": "string"}),
        "legs": argument("array", items={"type": "object", "properties": {"by": argument("string")}}),
    },
)
NESTED_ROWS = [
    (f"Wish {at} of {WORDS[at]}", call("book", seat={"class": kind}, extras=[kind, "meal"], legs=[{"by": way}]))
    for at in range(40)
    for kind, way in [(("first", "bus") if at % 2 else ("second", "train"))]
]


def test_items_and_nested_objects_are_found_and_fixed(tmp_path: Path) -> None:
    issues = check(tmp_path, NESTED_ROWS, [*TOOLS, NESTED])
    assert {issue.message.split(":")[0] for issue in issues} == {
        "book.seat.class has only 2 values in 40 rows",
        "book.extras[] has only 3 values in 40 rows",
        "book.legs[].by has only 2 values in 40 rows",
    }
    planned = plan_fixes(tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS, [CODE])
    properties = json.loads(planned.tools_text)[2]["function"]["parameters"]["properties"]
    assert properties["seat"]["properties"]["class"]["enum"] == ["first", "second"]
    assert properties["extras"]["items"]["enum"] == ["meal", "first", "second"]
    assert properties["legs"]["items"]["properties"]["by"]["enum"] == ["bus", "train"]
    after = check_files(*write_files(tmp_path, planned.csv_text, planned.tools_text), OPTIONS)
    assert after.ok
    assert found(after) == []


def test_hostile_values_are_shown_and_written_as_they_are(tmp_path: Path) -> None:
    values = ['a "quoted" one', "<b>bold</b>", "zero\u200bwidth", "x" * 300]
    issues = check(tmp_path, rows_of(values, 12), [*TOOLS, SPOTS])
    assert "\\u200b" in issues[0].message
    assert "x" * 41 not in issues[0].message
    planned = plan_fixes(tmp_path / "rows.csv", tmp_path / "tools.json", OPTIONS, [CODE])
    enum = json.loads(planned.tools_text)[2]["function"]["parameters"]["properties"]["kind"]["enum"]
    assert sorted(enum) == sorted(values)


def test_the_rows_of_a_finding_are_shown_rarest_value_first(tmp_path: Path) -> None:
    messages = ("Please <u>stop</u>", "A nap", "I could sit down", "Enough for now")
    rare = [(message, call("find_spot", kind="rest")) for message in messages]
    report = check_files(*write_files(tmp_path, csv_of([*SPOT_ROWS, *rare]), [*TOOLS, SPOTS]), OPTIONS)
    issue = found(report)[0]
    pager = {"group": "g", "place": "p", "outer": "0"}
    first, last = rows_behind(report, issue, 0, pager), rows_behind(report, issue, 4, pager)
    assert "Please &lt;u&gt;stop&lt;/u&gt;" in first
    assert first.index("A nap") < first.index("<code>food</code>")
    assert "1–8 of 40" in first
    assert "33–40 of 40" in last
    assert "<code>wc</code>" in last
    none = rows_behind(report, replace(issue, message="other.kind has none"), 0, pager)
    assert "<tbody></tbody>" in none
