"""Who wrote a row is kept by an import."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from backend.data.imports import GivenFile, import_files
from tests.unit.imports.made_files import CALL, TOOL


def test_who_wrote_a_row_is_kept(tmp_path: Path) -> None:
    """A row that a large model wrote must stay one, or it could become a test row."""
    origin = "grown by some/model on 2026-11-28"
    rows = [{"user_message": "Hall light", "tool_calls": [CALL], "tools": [TOOL], "origin": origin}]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in [*rows, {**rows[0], "origin": None}]), encoding="utf-8")
    dataset = import_files([GivenFile(path, path.name, "rows")]).dataset
    assert isinstance(dataset, bytes)
    assert [row["origin"] for row in csv.DictReader(io.StringIO(dataset.decode()))] == [origin, ""]
