"""Writes small spreadsheets, archives and Parquet files as the programs write them, and hostile ones."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from backend.data.imports import GivenFile, ImportedSet, import_files

TOOL = {
    "type": "function",
    "function": {
        "name": "set_light",
        "description": "Switch a lamp.",
        "parameters": {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]},
    },
}
FUNCTION = TOOL["function"]
CALL = {"name": "set_light", "arguments": {"room": "hall"}}
CELL = '[{"name": "set_light", "args": {"room": "hall"}}]'
ASKED = {"role": "user", "content": "Hall light"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "type": "function", "function": CALL}]}
"""With the arguments as an object; OpenAI's are a string."""
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def imported(*paths: Path, **roles: Path) -> ImportedSet:
    """The set that the files hold; a keyword gives the place that a file was dropped at."""
    given = [GivenFile(path, path.name) for path in paths]
    return import_files([*given, *(GivenFile(path, path.name, role) for role, path in roles.items())])  # type: ignore[arg-type]


def content(part: Path | bytes) -> str:
    """The text of one of the standard files."""
    return (part if isinstance(part, bytes) else part.read_bytes()).decode("utf-8", "surrogatepass")


def rows_of(read: ImportedSet) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content(read.dataset))))


def one_row(read: ImportedSet) -> dict[str, str]:
    (row,) = rows_of(read)
    return row


def written(folder: Path, name: str, text: str | bytes | object) -> Path:
    """A file with a text, bytes, or a value as JSON."""
    path = folder / name
    if isinstance(text, bytes):
        path.write_bytes(text)
    else:
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def lines(folder: Path, name: str, records: Sequence[object]) -> Path:
    """A JSONL file."""
    return written(folder, name, "".join(json.dumps(record) + "\n" for record in records))


def zipped(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return path


def xlsx(path: Path, rows: Sequence[Sequence[object]], sheet: str | None = None, **parts: str) -> Path:
    """A workbook with one sheet of inline texts and numbers; `sheet` replaces the sheet's XML."""
    made = "".join(
        f'<row r="{at}">' + "".join(_xlsx_cell(at, column, value) for column, value in enumerate(row)) + "</row>"
        for at, row in enumerate(rows, 1)
    )
    return zipped(
        path,
        {
            "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
            'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="http://schemas.openxmlformats'
            '.org/officeDocument/2006/relationships"><sheets><sheet name="Rows" sheetId="1" r:id="rId1"/></sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": sheet
            or f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{made}</sheetData></worksheet>',
            **parts,
        },
    )


def _relations(kind: str, target: str) -> str:
    base = "http://schemas.openxmlformats.org"
    return (
        f'<?xml version="1.0"?><Relationships xmlns="{base}/package/2006/relationships"><Relationship Id="rId1" '
        f'Type="{base}/officeDocument/2006/relationships/{kind}" Target="{target}"/></Relationships>'
    )


def _xlsx_cell(row: int, column: int, value: object) -> str:
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def ods(path: Path, rows: Sequence[Sequence[object]], table: str | None = None) -> Path:
    """A spreadsheet in OpenDocument with one table of texts; `table` replaces the rows' XML."""
    made = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
            for value in row
        )
        + "</table:table-row>"
        for row in rows
    )
    text = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{OFFICE}:office:1.0" '
        f'xmlns:table="{OFFICE}:table:1.0" xmlns:text="{OFFICE}:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="Rows">{made if table is None else table}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.'
        'spreadsheet"/></manifest:manifest>'
    )
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest}
    return zipped(path, {**parts, "content.xml": text})


def parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A Parquet file as the Hub writes it: nested values as structs, with nulls for absent keys."""
    import pyarrow
    from pyarrow.parquet import write_table

    buffer = io.BytesIO()
    write_table(pyarrow.Table.from_pylist(list(rows)), buffer)
    path.write_bytes(buffer.getvalue())
    return path
