"""The limits: what is over them is refused, and not read into memory."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.data.check.check import check_rows
from backend.data.fixing.fixing import plan_fixes
from backend.data.rows.inputs import read_inputs
from backend.data.similarity.near_duplicates import near_groups
from backend.data.text.options import MAX_CELL_CHARACTERS, MAX_CSV_BYTES, MAX_ROWS, MAX_TOOLS_BYTES
from backend.data.text.reserved import strip_reserved
from backend.errors import InputError
from tests.unit.data.builders import HEADER, ROWS, TOOLS, call, csv_of, quoted, write_files

OPTIONS = CheckOptions(declarations="none")


def sparse(path: Path, size: int) -> Path:
    """A file of that size that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_files_over_the_limit_are_not_read(tmp_path: Path) -> None:
    dataset = sparse(tmp_path / "rows.csv", 50 * 2**30)
    tools = sparse(tmp_path / "tools.json", 50 * 2**30)
    tracemalloc.start()
    report = check_files(dataset, tools, OPTIONS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {issue.code for issue in report.issues} == {"csv-too-large", "tools-too-large"}
    assert peak < MAX_CSV_BYTES // 2
    with pytest.raises(InputError, match="over the size limit"):
        plan_fixes(dataset, tools, OPTIONS)


def test_the_limits_themselves_are_allowed(tmp_path: Path) -> None:
    dataset, tools = write_files(tmp_path, csv_of([("x" * MAX_CELL_CHARACTERS, ROWS[3][1])]), TOOLS)
    assert "csv-cell-too-long" not in {issue.code for issue in check_files(dataset, tools, OPTIONS).issues}
    tools.write_bytes(tools.read_bytes().ljust(MAX_TOOLS_BYTES))
    dataset.write_bytes(dataset.read_bytes().ljust(MAX_CSV_BYTES, b"\n"))
    codes = {issue.code for issue in check_files(dataset, tools, OPTIONS).issues}
    assert not {"csv-too-large", "tools-too-large"} & codes


def test_rows_over_the_limit_are_not_looked_at(tmp_path: Path) -> None:
    cell = call("play_music", query="jazz")
    lines = [HEADER, *(quoted(f"song {number}", cell) for number in range(MAX_ROWS)), quoted("", "[")]
    files = write_files(tmp_path, "\n".join(lines), TOOLS[1:])
    inputs = read_inputs(*files, OPTIONS)
    errors = [(issue.code, issue.line) for issue in check_rows(inputs, errors_only=True)]
    assert errors == [("csv-too-many-rows", MAX_ROWS + 2)]
    assert inputs.table.row_count == MAX_ROWS
    with pytest.raises(InputError, match="more than 50,000 rows"):
        plan_fixes(*files, OPTIONS)
    planned = plan_fixes(*files, OPTIONS, ["csv-too-many-rows"])
    assert planned.dropped_lines == (MAX_ROWS + 2,)
    assert planned.csv_text == "\n".join(lines[:-1]) + "\n"


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_what_cannot_be_opened_is_said(what: str, tmp_path: Path) -> None:
    path = tmp_path / "nothing" if what == "missing" else tmp_path
    report = check_files(path, path, OPTIONS)
    assert [(issue.code, issue.line) for issue in report.issues] == [
        ("tools-unreadable", None),
        ("csv-unreadable", None),
    ]
    assert not report.ok


def test_a_path_with_a_nul_is_said() -> None:
    report = check_files(Path("a\x00b"), Path("a\x00b"), OPTIONS)
    assert {issue.code for issue in report.issues} == {"csv-unreadable", "tools-unreadable"}


@pytest.mark.parametrize(
    "text",
    [
        '"' * 400_001,
        '"a""b\n' * 40_000,
        '"a\n' + 'x""y\n' * 40_000,
        ('"' + "a" * 50 + "\n") * 8_000,
        "," * 300_000,
        '"a" b\n' + "c\n" * 2_000_000,
        "\n" * 10_000_000,
        ('a,"b ' * 20_000) + "\n",
        HEADER + "\n" + quoted("a", "[" * 100_000),
        HEADER + "\n" + quoted("<b" * 30_000 + "os>" * 30_000, "[]"),
        HEADER + "\n" + quoted("a", "[{'a': " * 2_000),
        HEADER + "\n" + quoted("a", '[{"name": "' + "x" * 100_000 + '"}]'),
        HEADER + "\n" + quoted("a", '[{"name": "play_music", "args": {"query": ' + "9" * 100_000 + "}}]"),
    ],
)
def test_no_text_takes_long(text: str, tmp_path: Path) -> None:
    start = time.process_time()
    files = write_files(tmp_path, text, TOOLS)
    check_files(*files, OPTIONS)
    with suppress(InputError):
        plan_fixes(*files, OPTIONS)
    assert time.process_time() - start < 20


def test_stripping_tokens_ends() -> None:
    assert strip_reserved("<b<bos>os> a <e<e<eos>os>os>") == " a "
    assert "<" not in strip_reserved("<b" * 5000 + "os>" * 5000)


def test_many_alike_messages_do_not_take_quadratic_time() -> None:
    start = time.process_time()
    alike = near_groups([f"turn on the light number {number}" for number in range(20_000)])
    assert len(set(alike.group)) == 1
    assert time.process_time() - start < 20
