"""Finds out from a file's content whether it holds rows or tools, and which reader reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from backend.data.imports.archives import open_parts
from backend.data.imports.chat import CHAT_READERS
from backend.data.imports.columns import COLUMN_READERS
from backend.data.imports.declared_tools import is_tool, tool_items
from backend.data.imports.json_files import JsonReader, looks_like_json, text_of
from backend.data.imports.parquet import ParquetReader
from backend.data.imports.records import SAMPLE, FileReader, GivenFile, Role, RowReader
from backend.data.imports.spreadsheets import SPREADSHEETS
from backend.data.imports.tables import TextTable, is_standard
from backend.errors import InputError

ROW_READERS: tuple[RowReader, ...] = (*CHAT_READERS, *COLUMN_READERS)
BINARY_READERS: tuple[FileReader, ...] = (ParquetReader(), *SPREADSHEETS)
JSON_READER = JsonReader()
CSV_READER = TextTable((",", ";", "|"), "CSV")
TABLE_READERS: tuple[FileReader, ...] = (TextTable(("\t",), "TSV"), CSV_READER)
FORMATS = (
    "Give the rows as CSV, TSV, JSON, JSONL, Parquet, XLSX or ODS, and the tools as a tools.json, or both in a zip "
    "archive."
)
_PROSE = ("# ", "## ", "---\n", "---\r\n", "<", "{\\rtf", "===")
_PROSE_ENDINGS = (".md", ".rst", ".html", ".htm", ".rtf", ".xml")
_COMMENTS = ("//", "/*")
"""The start of a tools.json with comments, which its own reader knows."""
_MOST_WORDS = 3
_LINK = re.compile(r"\s*(?:https?://\S+\s*|\[InternetShortcut\]\s.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What a file holds: its role if that is clear, and its readers.

    `standard` says that the rules read the file as it is. `truth` says that it holds BFCL's answers without questions.
    `fault` is the reason if it begins as JSON and is none.
    """

    file: GivenFile
    role: Role | None
    reader: FileReader | None = None
    rows: RowReader | None = None
    standard: bool = False
    truth: bool = False
    fault: str = ""


def look_at(file: GivenFile) -> LookedAt:
    """Returns what the file holds. Raises InputError, with what it looks like and what to do, if it is no data."""
    binary = next((reader for reader in BINARY_READERS if reader.reads(file)), None)
    if binary is not None:
        return _of_records(file, binary)
    source = text_of(file)
    if source.kind:
        raise InputError(f"{file.name} is {_kind(file, source.kind)}, which holds neither rows nor tools. {FORMATS}")
    if not source.text.strip("\ufeff \t\r\n"):
        raise InputError(f"{file.name} is empty. {FORMATS}")
    if _LINK.fullmatch(source.text):
        raise InputError(f"{file.name} holds a link. Open it in a browser, download its file, and give that. {FORMATS}")
    if looks_like_json(source.text):
        try:
            return _of_records(file, JSON_READER)
        except InputError as error:
            return LookedAt(file, None, JSON_READER, fault=str(error))
    if _is_prose(file, source.text):
        raise InputError(f"{file.name} looks like a text document, not like rows or tools. {FORMATS}")
    if source.text.lstrip("\ufeff \t\r\n").startswith(_COMMENTS):
        return LookedAt(file, "tools")
    if is_standard(source.text):
        return LookedAt(file, "rows", CSV_READER, COLUMN_READERS[0], standard=True)
    table = next((reader for reader in TABLE_READERS if reader.reads(file)), None)
    return LookedAt(file, None) if table is None else _of_records(file, table)


def _of_records(file: GivenFile, reader: FileReader) -> LookedAt:
    """Returns what the first records are. Raises InputError if they cannot be read."""
    sample = list(islice(reader.records(file), SAMPLE))
    values = [record.value for record in sample if not record.problem]
    found = row_reader(values)
    if found is not None:
        return LookedAt(file, "rows", reader, found)
    if values and all(_is_truth(value) for value in values):
        return LookedAt(file, "rows", reader, truth=True)
    if any(map(is_tool, values)) or (len(values) == 1 and tool_items(values[0])) or _are_groups(values):
        return LookedAt(file, "tools", reader)
    if not values and not sample:
        return LookedAt(file, "tools" if file.role == "tools" else None, reader)
    return LookedAt(file, None, reader)


def _are_groups(values: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the records are Google's groups of tools, which have no other key."""
    return bool(values) and all(len(value) == 1 and tool_items(value) for value in values)


def row_reader(values: Sequence[Mapping[str, Any]]) -> RowReader | None:
    """Returns the reader of the most records; of several with as many, the first."""
    counts = Counter[int]()
    for value in values:
        first = next((at for at, reader in enumerate(ROW_READERS) if reader.reads(value)), None)
        if first is not None:
            counts[first] += 1
    return ROW_READERS[max(sorted(counts), key=lambda at: counts[at])] if counts else None


def _is_truth(value: Mapping[str, Any]) -> bool:
    return "ground_truth" in value and "id" in value and "question" not in value


def _is_prose(file: GivenFile, text: str) -> bool:
    bare = text.lstrip("\ufeff \t\r\n")
    if file.name.lower().endswith(_PROSE_ENDINGS) or bare.startswith(_PROSE):
        return True
    first = bare.partition("\n")[0]
    return not any(mark in first for mark in ',;\t|"') and len(first.split()) > _MOST_WORDS


def _kind(file: GivenFile, kind: str) -> str:
    """Returns what a binary file is; of a zip archive, what its parts say."""
    with open_parts(file) as parts:
        names = parts.names if parts else ()
    for part, said in (("word/", "a Word document"), ("ppt/", "a presentation"), ("AndroidManifest.xml", "an app")):
        if any(name.startswith(part) for name in names):
            return said
    return kind
