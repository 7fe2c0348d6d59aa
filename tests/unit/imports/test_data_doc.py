"""docs/data.md names every format and kind of file that is read, and the limits as they are."""

from __future__ import annotations

import re

from backend.data.imports.archives import MOST_PARTS
from backend.data.imports.looking import BINARY_READERS, JSON_READER, ROW_READERS, TABLE_READERS
from backend.data.imports.records import MAX_CELLS, MAX_IMPORT_BYTES
from backend.data.text import MAX_CSV_BYTES, MAX_ROWS, ORIGINAL
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
DOC = " ".join(TEXT.split())


def test_every_format_and_kind_of_file_is_described() -> None:
    first = re.findall(r"^\| ([^|]+?) \|", TEXT, re.MULTILINE)
    assert {reader.name for reader in ROW_READERS} <= set(first)
    kinds = {kind for cell in first for kind in cell.split(", ")}
    assert {reader.name for reader in (*BINARY_READERS, JSON_READER, *TABLE_READERS)} | {"zip", "JSONL"} <= kinds


def test_the_limits_are_the_documented_ones() -> None:
    for part in (
        f"At most {MAX_IMPORT_BYTES // 2**20} MB of a file are read",
        f"at most {MAX_CELLS:,} cells, an archive {MOST_PARTS:,} files",
        f"at most {MAX_ROWS:,} rows and {MAX_CSV_BYTES // 2**20} MB",
        f"The column `{ORIGINAL}`",
    ):
        assert part in DOC
