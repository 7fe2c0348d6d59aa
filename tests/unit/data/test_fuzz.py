"""Whatever the bytes, a check ends with a report and a fix with a plan or a plain refusal."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backend.data import CheckOptions, CheckReport, check_files
from backend.data.check.report_text import plan_lines, report_text
from backend.data.csv.reading import DELIMITERS, read_records
from backend.data.fixing.fixing import plan_fixes
from backend.data.text.json_reading import find_positions, parse_json, walk
from backend.errors import InputError
from tests.unit.data.builders import ROWS, TOOLS, csv_of, write_files

OPTIONS = CheckOptions(declarations="full", allow_multiple_calls=True, allow_no_call=True)
VALID_CSV = csv_of([("Ünïcode 🎶", ROWS[3][1]), ("two\nlines", ROWS[0][1])])
VALID_TOOLS = json.dumps(TOOLS, indent=1)
FRAGMENTS = [
    *('"', '""', ",", ";", "\t", "\r", "\n", "\x00", "\ufeff", "[", "]", "{", "}", ":", "<eos>", "\\ud800", "null"),
    *("NaN", "1e999", "9" * 500, "'", "“", "\u2028", "anyOf", '"type"', "true", "[" * 60, "é", "name", "args", "{{"),
]

fuzz = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_everything(folder: Path, csv: str | bytes, tools: Any) -> CheckReport:
    """Check, show and fix; raises what should never be raised."""
    files = write_files(folder, csv, tools)
    report = check_files(*files, OPTIONS)
    json.dumps(report.to_json()).encode()
    report_text(report).encode()
    for row in report.table:
        (row.user_message + row.tool_calls).encode()
    text = csv.decode("latin-1") if isinstance(csv, bytes) else csv
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= issue.line <= lines for issue in report.issues if issue.file == "csv" and issue.line)
    with suppress(InputError):
        "\n".join(plan_lines(plan_fixes(*files, OPTIONS))).encode()
    return report


@fuzz
@given(csv=st.binary(max_size=300), tools=st.binary(max_size=120))
@example(csv=b"\xff\xfe\x00", tools=b"\x00")
def test_any_bytes(csv: bytes, tools: bytes, tmp_path: Path) -> None:
    check_everything(tmp_path, csv, tools)


@st.composite
def mutated(draw: st.DrawFn, text: str) -> str:
    """`text` with a few pieces cut out, doubled, or replaced by something awkward."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.sampled_from([0, 0, 1, 1, 2, 5, 40]))
        text = text[:at] + draw(st.sampled_from(["", *FRAGMENTS])) + text[at + length :]
    return text


@fuzz
@given(csv=mutated(VALID_CSV))
def test_mutated_csv(csv: str, tmp_path: Path) -> None:
    check_everything(tmp_path, csv, VALID_TOOLS)


@fuzz
@given(tools=mutated(VALID_TOOLS))
def test_mutated_tools(tools: str, tmp_path: Path) -> None:
    check_everything(tmp_path, VALID_CSV, tools)


KEYS = [
    *("name", "type", "function", "parameters", "properties", "required", "items", "enum", "anyOf", "$ref", "const"),
    *("description", "args", "arguments", "inputSchema", "query", "tools"),
]
scalars = st.none() | st.booleans() | st.integers(-10, 10**20) | st.floats() | st.text(max_size=4)
json_values = st.recursive(
    scalars | st.sampled_from(["string", "object", "query"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
rows_of_cells = st.lists(st.lists(st.text(max_size=6), min_size=2, max_size=3), min_size=1, max_size=5)


@fuzz
@given(tools=json_values, calls=json_values)
def test_any_json_in_either_place(tools: Any, calls: Any, tmp_path: Path) -> None:
    named = [{"name": "play_music", "parameters": tools}, {"function": tools}, tools, *TOOLS]
    check_everything(tmp_path, csv_of([("Any call", json.dumps(calls))]), json.dumps(named))
    check_everything(tmp_path, csv_of(), json.dumps(tools))


@fuzz
@given(cells=rows_of_cells)
def test_well_formed_csv_comes_back_cell_by_cell(cells: list[list[str]]) -> None:
    for delimiter in DELIMITERS:
        text = "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells)
        records = list(read_records(text, delimiter))
        assert [list(record.cells) for record in records] == cells
        assert all(text[: record.start].count("\n") <= record.line - 1 for record in records)


@fuzz
@given(value=json_values.filter(lambda value: isinstance(value, dict | list)), indent=st.sampled_from([None, 1]))
def test_every_json_value_has_its_position(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    positions = find_positions(text)
    paths = {path for path, _ in walk(parse_json(text))}
    assert set(positions.offsets) == paths
    assert all(1 <= positions.line(path) <= text.count("\n") + 1 for path in paths)
