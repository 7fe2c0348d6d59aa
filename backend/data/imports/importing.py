"""Reads foreign files into the standard CSV and tools.json."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backend.data.csv import encode_record, normal_split
from backend.data.imports.declared_tools import DeclaredTools
from backend.data.imports.given import SortedFiles, sorted_files
from backend.data.imports.labels import NO_CALL, calls_in
from backend.data.imports.looking import LookedAt
from backend.data.imports.records import GivenFile, ImportedRow, LeftOut, Record
from backend.data.imports.summary import ImportSummary, Tally
from backend.data.text import ANSWER, MAX_CSV_BYTES, MAX_ROWS, ORIGIN, ORIGINAL, REQUIRED_COLUMNS, SPLIT, count, listing
from backend.data.tools import read_tools
from backend.errors import InputError
from backend.runs import Scratch

_STANDARD, _NEXT = '[{"name": ', '}, {"name": '
_FULL = f"at most {MAX_ROWS:,} rows are read"
_TOO_LONG = f"the CSV would have more than {MAX_CSV_BYTES // 2**20} MB"
_UNKNOWN = "its format is unknown"


@dataclass(frozen=True, slots=True)
class ImportedSet:
    """The standard files: their content, or the path of a given file that is already in the standard form.

    `name` is the dataset's name. `missing` says what else must be given, and is empty if the set is complete.
    """

    name: str
    dataset: Path | bytes
    tools: Path | bytes
    summary: ImportSummary
    missing: str = ""


@dataclass(frozen=True, slots=True)
class _PlacedRow:
    """The cells of a row and its place in the original; the tools that it declares are kept once, not in each row."""

    message: str
    calls: str
    answer: str
    split: str
    place: str
    origin: str


def import_files(given: Sequence[GivenFile]) -> ImportedSet:
    """Returns the standard CSV and tools.json that the files hold, whichever is given in which place.

    Raises InputError, with what a file looks like and what to do, if a file holds no data, is damaged or is over a
    limit.
    """
    with Scratch("import-") as scratch:
        files = sorted_files(given, Path(scratch))
        tools = _content(files, files.tools)
        if not files.rows:
            missing = f"{given[0].name} holds tools. Add a file of example messages with their calls."
            return ImportedSet(given[0].name, b"", tools or b"", ImportSummary(), missing)
        first = files.rows[0]
        if tools is not None and len(files.rows) == 1 and first.standard:
            content = _content(files, first)
            return ImportedSet(Path(first.file.name).name, content or b"", tools, ImportSummary())
        return _converted(files, tools)


def _content(files: SortedFiles, looked: LookedAt | None) -> Path | bytes | None:
    """Returns a given file's path; a part of an archive is read, because its path ends with the import."""
    if looked is None:
        return None
    return looked.file.path.read_bytes() if files.packed else looked.file.path


def _converted(files: SortedFiles, tools: Path | bytes | None) -> ImportedSet:
    rows, declared, tally = _read(files)
    details, first = tally.sentences(len(rows)), files.rows[0].file
    if files.tools is not None and tools is not None:
        known = {tool.name for tool in read_tools(files.tools.file.path).tools}
        lacking = [name for name in declared.names if name not in known]
        details += [f"{files.tools.file.name} lacks tools that rows declare: {listing(lacking)}."] if lacking else []
        number = len(known)
    else:
        merged, said = declared.merged()
        tools, number = _tools_bytes(merged), len(merged)
        details += said
    summary = ImportSummary(
        files.format,
        len(rows),
        number,
        dict(tally.left_out),
        (*details, *files.notes),
        tally.no_calls,
        tally.several_calls,
    )
    if not rows:
        raise InputError(f"{first.name} gives no row to train on. {summary.line}")
    missing = ""
    if not number and files.tools is None:
        missing = f"{first.name} holds {count(len(rows), 'row')} and declares no tools. Add the tools.json."
    name = Path(first.name).stem or "rows"
    return ImportedSet(f"{name}.csv", _csv_bytes(rows), tools, summary, missing)


def _read(files: SortedFiles) -> tuple[list[_PlacedRow], DeclaredTools, Tally]:
    """Returns the rows of all files, the tools that they declare, and what was left out."""
    rows: list[_PlacedRow] = []
    declared, tally, size = DeclaredTools(), Tally(), 0
    for looked, record in _records(files):
        place = f"{looked.file.name}, {record.place}" if len(files.rows) > 1 else record.place
        try:
            row = _row(looked, record, len(rows), size)
        except LeftOut as reason:
            tally.leave_out(str(reason), place)
            continue
        size += len(row.message) + len(row.calls) + len(row.answer) + len(row.origin)
        split = normal_split(row.split or looked.file.split)
        rows.append(_PlacedRow(row.message, row.calls, row.answer, split, place, row.origin))
        declared.add(row.tools, place)
        tally.note(row.notes)
        tally.no_calls += row.calls == NO_CALL
        tally.several_calls += _has_several(row.calls)
    return rows, declared, tally


def _has_several(cell: str) -> bool:
    """Whether a cell has several calls; only one in a foreign notation is parsed."""
    return _NEXT in cell if cell.startswith(_STANDARD) else calls_in(cell) > 1


def _records(files: SortedFiles) -> Iterator[tuple[LookedAt, Record]]:
    """Yields every record of the files of rows; a BFCL question has the ground_truth with its id."""
    truths = {str(record.value.get("id")): record.value for one in files.truths for record in _of(one)}
    for looked in files.rows:
        for record in _of(looked):
            truth = truths.get(str(record.value.get("id"))) if truths else None
            if truth is not None:
                record = replace(record, value={**record.value, "ground_truth": truth.get("ground_truth")})
            yield looked, record


def _of(looked: LookedAt) -> Iterable[Record]:
    return looked.reader.records(looked.file) if looked.reader else ()


def _row(looked: LookedAt, record: Record, rows: int, size: int) -> ImportedRow:
    """Returns the record as a row; `rows` and `size` are the rows and characters so far. Raises LeftOut."""
    if rows >= MAX_ROWS:
        raise LeftOut(_FULL)
    if record.problem or looked.rows is None:
        raise LeftOut(record.problem or _UNKNOWN)
    row = looked.rows.row(record.value)
    if size + len(row.message) + len(row.calls) > MAX_CSV_BYTES:
        raise LeftOut(_TOO_LONG)
    return row


def _csv_bytes(rows: Sequence[_PlacedRow]) -> bytes:
    """Returns the standard CSV with each row's place, and with answer, split and origin if rows have them."""
    names = [*REQUIRED_COLUMNS]
    if with_answers := any(row.answer for row in rows):
        names.append(ANSWER)
    if with_splits := {"train", "test"} <= {row.split for row in rows}:
        names.append(SPLIT)
    if with_origins := any(row.origin for row in rows):
        names.append(ORIGIN)
    lines = [encode_record((*names, ORIGINAL))]
    for row in rows:
        optional = ([row.answer] if with_answers else []) + ([row.split] if with_splits else [])
        optional += [row.origin] if with_origins else []
        lines.append(encode_record((row.message, row.calls, *optional, row.place)))
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


def _tools_bytes(tools: Sequence[Mapping[str, Any]]) -> bytes:
    return (json.dumps(tools, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "surrogatepass")
