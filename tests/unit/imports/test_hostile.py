"""Files that are made to expand, to hang, to leave their folder, or that are damaged anywhere."""

from __future__ import annotations

import json
import resource
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from backend.data.imports.archives import MOST_PARTS
from backend.data.imports.parquet import bounded_memory
from backend.data.imports.records import MAX_IMPORT_BYTES
from backend.data.text import MAX_CSV_BYTES, MAX_ROWS
from backend.errors import InputError
from tests.unit.imports.made_files import CELL, MAIN, TOOL, imported, lines, ods, parquet, written, xlsx, zipped

SHEET = f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
CORNERS = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
UNNAMED = "<row>" + "<c><v>1</v></c>" * 3000 + "</row>" + '<row r="1048576"><c><v>1</v></c></row>'
REPEATED = (
    '<table:table-row table:number-rows-repeated="{rows}"><table:table-cell table:number-columns-repeated="{columns}" '
    'office:value-type="string"><text:p>a</text:p></table:table-cell></table:table-row>'
)
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
ROWS = [["user_message", "tool_calls"], ["Hall light", CELL]]


@pytest.mark.parametrize("cells", [CORNERS, UNNAMED, '<row><c r="A99999999999999999999"><v>1</v></c></row>'])
def test_a_sheet_of_far_corners_is_not_allocated(cells: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"at most 4,000,000 cells are read\. Delete the empty rows"):
        imported(xlsx(tmp_path / "rows.xlsx", [], SHEET.format(cells)))


@pytest.mark.parametrize(
    "table", [REPEATED.format(rows=1048576, columns=16384), REPEATED.format(rows="9" * 30, columns=9)]
)
def test_a_table_of_repeated_cells_is_not_allocated(table: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at most 4,000,000 cells are read"):
        imported(ods(tmp_path / "rows.ods", [], table))


def test_the_empty_rest_of_a_sheet_costs_nothing(tmp_path: Path) -> None:
    """LibreOffice writes it to the last row and column."""
    filled = "".join(
        "<table:table-row>"
        + "".join(f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row)
        + '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
        for row in (("user_message", "tool_calls"), ("Hi", "[]"))
    )
    rest = '<table:table-row table:number-rows-repeated="1048574">'
    rest += '<table:table-cell table:number-columns-repeated="16384"/>'
    read = imported(
        ods(tmp_path / "rows.ods", [], f"{filled}{rest}</table:table-row>"), written(tmp_path, "t.json", [TOOL])
    )
    assert read.summary.rows == 1


@pytest.mark.parametrize("make", [xlsx, ods])
def test_entities_are_refused(make: Callable[..., Path], tmp_path: Path) -> None:
    path = make(tmp_path / "rows", ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in parts if name in ("xl/worksheets/sheet1.xml", "content.xml"))
    head, _, rest = parts[name].partition(b"?>")
    parts[name] = head + b"?>" + ENTITIES.encode() + rest.replace(b"Hall light", b"&b;")
    with pytest.raises(InputError, match="declares a document type"):
        imported(zipped(path, parts))


@pytest.mark.parametrize("name", ["rows.jsonl", "xl/sharedStrings.xml", "content.xml"])
def test_an_archive_does_not_expand(name: str, tmp_path: Path) -> None:
    path = zipped(tmp_path / "rows.zip", {"xl/workbook.xml": "<x/>"} if name.startswith("xl/") else {})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as part:
        for _ in range(MAX_IMPORT_BYTES // 2**20 + 1):
            part.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    with pytest.raises(InputError, match="expands to more than 256 MB"):
        imported(path)


def test_a_size_that_is_too_small_in_the_directory_is_found_out(tmp_path: Path) -> None:
    path = zipped(tmp_path / "rows.zip", {"rows.jsonl": "x" * 100_000})
    content = path.read_bytes()
    path.write_bytes(content.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"damaged: 'rows\.jsonl' in it cannot be read"):
        imported(path)


def test_too_many_parts_and_encrypted_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"at most {MOST_PARTS:,} are read"):
        imported(zipped(tmp_path / "many.zip", {f"{number}.json": "[]" for number in range(MOST_PARTS + 1)}))
    path = zipped(tmp_path / "secret.zip", {"rows.jsonl": "{}"})
    content = bytearray(path.read_bytes())
    for at in (content.index(b"PK\x03\x04") + 6, content.index(b"PK\x01\x02") + 8):
        content[at] |= 1
    path.write_bytes(bytes(content))
    with pytest.raises(InputError, match="is encrypted"):
        imported(path)


def test_an_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"rows.jsonl": "{}"}).read_bytes()
    with pytest.raises(InputError, match=r"outer\.zip holds neither rows nor tools\. It holds: inner\.zip"):
        imported(zipped(tmp_path / "outer.zip", {"inner.zip": inner}))


def test_parquet_that_repeats_one_long_value_is_read_in_small_batches(tmp_path: Path) -> None:
    """A dictionary holds the value once: half a MB in the file stands for 2 GB."""
    path, rows = tmp_path / "rows.parquet", 4_000
    message = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * rows), pyarrow.array(["x" * 2**19]))
    table = pyarrow.table({"user_message": message, "tool_calls": ["[]"] * rows})
    write_table(table, path, store_schema=False)
    assert path.stat().st_size < 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = imported(path, written(tmp_path, "tools.json", [TOOL]))
    assert read.summary.left_out
    assert read.summary.rows <= MAX_CSV_BYTES // 2**19
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 2**30


def test_the_memory_limit_ends_with_its_block() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    with bounded_memory(2**30):
        inside = resource.getrlimit(resource.RLIMIT_AS)
        with pytest.raises(MemoryError):
            bytearray(2**31)
    assert inside != before
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_rows_over_the_limit_are_counted(tmp_path: Path) -> None:
    record = {"user_message": "Hi", "tool_calls": [], "tools": [TOOL]}
    line = json.dumps(record) + "\n"
    read = imported(written(tmp_path, "rows.jsonl", line * (MAX_ROWS + 2)))
    assert read.summary.rows == MAX_ROWS
    assert "2 left out because at most 50,000 rows are read (line 50001, line 50002)" in read.summary.line


def test_deep_and_long_json_is_one_record_left_out(tmp_path: Path) -> None:
    path = lines(tmp_path, "rows.jsonl", [{"user_message": "Hi", "tool_calls": [], "tools": [TOOL]}])
    path.write_text(path.read_text() + "[" * 200_000 + "\n" + '{"a": ' + "9" * 9_000 + "}\n", encoding="utf-8")
    assert "2 left out because the line is not JSON (line 2, line 3)" in imported(path).summary.line


def said(path: Path, tools: Path) -> str:
    """The reason why the file is refused, or what it holds."""
    try:
        return imported(path, tools).summary.line or "tools"
    except InputError as error:
        return str(error)


@pytest.mark.parametrize(
    "text", ["\n", " ", "```\n", "<start_of_turn>", "<think>", "a(", "[", '{"a":', "USER", "\n \t"]
)
def test_the_time_of_a_text_is_proportional_to_it(text: str, tmp_path: Path) -> None:
    """What grows with the square of the length would take minutes here."""
    long = text * (2_000_000 // len(text))
    keys = {"chat": f"{long}USER: Hi", "text": long, "system": long, "answer": long, "query": long}
    records = [keys, {"messages": [{"role": "user", "content": long}, {"role": "assistant", "content": long}]}]
    for record in records:
        assert said(lines(tmp_path, "rows.json", [record] * 2), written(tmp_path, "t.json", [TOOL]))


FILES: dict[str, Callable[[Path], Path]] = {
    "xlsx": lambda folder: xlsx(folder / "rows.xlsx", ROWS),
    "ods": lambda folder: ods(folder / "rows.ods", ROWS),
    "parquet": lambda folder: parquet(folder / "rows.parquet", [{"user_message": "Hi", "tool_calls": "[]"}] * 3),
    "zip": lambda folder: zipped(folder / "rows.zip", {"rows.jsonl": '{"user_message": "Hi", "tool_calls": []}'}),
    "jsonl": lambda folder: lines(folder, "rows.jsonl", [{"messages": [{"role": "user", "content": "Hi"}]}] * 2),
}


@pytest.mark.parametrize("kind", FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8),
    st.none() | st.floats(0, 1),
)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(
    kind: str, tmp_path: Path, changes: list[tuple[float, int]], cut: float | None
) -> None:
    path = FILES[kind](tmp_path)
    content = bytearray(path.read_bytes())
    for at, value in changes:
        content[int(at * len(content))] = value
    path.write_bytes(bytes(content[: int(cut * len(content))] if cut is not None else content))
    assert said(path, written(tmp_path, "tools.json", [TOOL])).endswith((".", ".)", "tools"))


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("<>/=\"' rcvAZ19&;:tp", max_size=60))
def test_any_sheet_is_read_or_refused_in_a_sentence(kind: str, tmp_path: Path, xml: str) -> None:
    path = xlsx(tmp_path / "a.xlsx", [], SHEET.format(xml)) if kind == "xlsx" else ods(tmp_path / "a.ods", [], xml)
    with pytest.raises(InputError, match=r"\.$"):
        imported(path, written(tmp_path, "rows.csv", "user_message,tool_calls\n"), written(tmp_path, "t.json", [TOOL]))
