"""Everyday mistakes with the two files of an upload: each is read anyway, or says what to do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.data.imports import GivenFile, ImportedSet, Role, import_files
from backend.data.text import MAX_CSV_BYTES
from backend.errors import InputError
from tests.conftest import ROOT
from tests.unit.imports.made_files import content

TOOLS, ROWS = ((ROOT / "examples" / name).read_bytes() for name in ("tools.json", "hiking.csv"))
HEADER, _, BODY = ROWS.partition(b"\n")


def given(folder: Path, *files: tuple[str, bytes, Role]) -> ImportedSet:
    """What files hold that were put into these fields."""
    made = []
    for number, (name, data, role) in enumerate(files):
        path = folder / str(number) / name
        path.parent.mkdir()
        path.write_bytes(data)
        made.append(GivenFile(path, name, role))
    return import_files(made)


def archive(name: str, data: bytes) -> bytes:
    """A zip archive of one file."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as writer:
        writer.writestr(name, data)
    return held.getvalue()


@pytest.mark.parametrize(("first", "second"), [("tools", "rows"), ("tools", "tools"), ("rows", "rows")])
def test_files_in_the_wrong_field_are_read(first: Role, second: Role, tmp_path: Path) -> None:
    read = given(tmp_path, ("hiking.csv", ROWS, first), ("tools.json", TOOLS, second))
    assert (read.missing, content(read.dataset), content(read.tools)) == ("", ROWS.decode(), TOOLS.decode())


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("rows.csv", b"", "rows.csv is empty"),
        ("README.md", b"# My app\n\nIt plays music, and more.\n", "looks like a text document"),
        ("shot.png", b"\x89PNG\r\n\x1a\n" + bytes(40), "is a PNG picture"),
        ("model.litertlm", b"LITERTLM" + bytes(4_000), "is a LiteRT-LM model"),
        ("all.zip", archive("inner.zip", archive("rows.csv", ROWS)), "unpack the outer one"),
        ("link.txt", b"https://huggingface.co/datasets/me/my-tools", "holds a link. Open it in a browser"),
        ("rows.url", b"[InternetShortcut]\r\nURL=https://example.org/rows.csv\r\n", "holds a link"),
    ],
)
@pytest.mark.parametrize("role", ["rows", "tools"])
def test_a_file_that_is_no_data_says_what_it_is_and_what_to_give(
    name: str, data: bytes, says: str, role: Role, tmp_path: Path
) -> None:
    other: tuple[str, bytes, Role] = ("tools.json", TOOLS, "tools") if role == "rows" else ("h.csv", ROWS, "rows")
    with pytest.raises(InputError, match=says) as refused:
        given(tmp_path, (name, data, role), other)
    assert "Give the rows as CSV" in str(refused.value)


@pytest.mark.parametrize(
    ("data", "code", "leads"),
    [
        (BODY, "csv-no-header", "Put the header"),
        (HEADER + b"\n" + BODY * (MAX_CSV_BYTES // len(BODY) + 1), "csv-too-large", "save them as a smaller file"),
    ],
)
def test_rows_without_a_header_and_too_many_are_problems_that_lead_out(
    data: bytes, code: str, leads: str, tmp_path: Path
) -> None:
    read = given(tmp_path, ("rows.csv", data, "rows"), ("tools.json", TOOLS, "tools"))
    assert isinstance(read.dataset, Path)
    assert isinstance(read.tools, Path)
    report = check_files(read.dataset, read.tools, CheckOptions(declarations="none"))
    error = next(issue for issue in report.issues if issue.code == code)
    assert leads in f"{error.fix} {error.way_out} {error.message}"
