"""Reads the first sheet of an .xlsx or .ods file with calamine, which evaluates no formula.

Before the library opens a file, every part of it is uncompressed in pieces and counted, and the sheets' extents are
read, because the library allocates the rectangle from the first to the last cell.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Protocol
from xml.parsers import expat

from backend.data.imports.archives import ZipParts, open_parts
from backend.data.imports.records import MAX_CELLS, GivenFile, Record
from backend.data.imports.tables import named_records
from backend.errors import InputError

_XLSX, _ODS = "xl/workbook.xml", "content.xml"
_LARGE = (
    "{name} has a sheet of {rows:,} rows and {columns:,} columns; at most {most:,} cells are read. Delete the empty "
    "rows and columns after the data, or save the sheet as CSV."
)
_DAMAGED = "{name} is damaged or not a spreadsheet: {why}. Open it in the program that made it and save it again."
_MOST_COLUMNS, _MOST_ROWS = 16_384, 1_048_576


class Spreadsheet:
    """Reads one kind of spreadsheet by the part that only it has."""

    def __init__(self, name: str, part: str) -> None:
        self.name = name
        self._part = part

    def reads(self, file: GivenFile) -> bool:
        """Whether the file is a zip archive with the part."""
        with open_parts(file) as parts:
            return parts is not None and self._part in parts.names

    def records(self, file: GivenFile) -> Iterator[Record]:
        """Yields the rows below the header. Raises InputError if the file is damaged or over a limit."""
        with open_parts(file) as parts:
            if parts is None:
                raise InputError(_DAMAGED.format(name=file.name, why="it is not a zip archive"))
            _check(parts, file)
        yield from named_records(_rows(file))


SPREADSHEETS = (Spreadsheet("XLSX", _XLSX), Spreadsheet("ODS", _ODS))


def _rows(file: GivenFile) -> Iterator[tuple[str, list[str]]]:
    """Yields (place, cells) of the first sheet that is not empty."""
    from python_calamine import CalamineError, CalamineWorkbook  # only a spreadsheet needs it

    try:
        with CalamineWorkbook.from_path(str(file.path)) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                start = sheet.start
                if start is None:
                    continue
                for number, cells in enumerate(sheet.iter_rows(), start[0] + 1):
                    yield f"row {number}", [_text(cell) for cell in cells]
                return
    except BaseException as error:
        panic = type(error).__name__ == "PanicException"  # Rust's, which pyo3 derives from BaseException
        if not panic and not isinstance(error, CalamineError | OSError | ValueError):
            raise
        raise InputError(_DAMAGED.format(name=file.name, why=str(error)[:200] or type(error).__name__)) from error


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, datetime.date | datetime.time) else str(cell)


def _check(parts: ZipParts, file: GivenFile) -> None:
    """Raises InputError if a part is damaged, or a sheet is larger than the limit."""
    for name in parts.names:
        xml = name == _ODS or (name.startswith("xl/worksheets/") and name.endswith(".xml"))
        extent = _OdsExtent() if name == _ODS else _XlsxExtent()
        parser = _parser(extent)
        try:
            for piece in parts.pieces(name):
                if xml:
                    parser.Parse(piece, False)
                    _bounded(extent, file)
            if xml:
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise InputError(_DAMAGED.format(name=file.name, why=f"{name}: {error}")) from error
        _bounded(extent, file)


def _bounded(extent: _Extent, file: GivenFile) -> None:
    rows, columns = extent.size
    if rows * columns > MAX_CELLS:
        raise InputError(_LARGE.format(name=file.name, rows=rows, columns=columns, most=MAX_CELLS))


def _parser(extent: _Extent) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartElementHandler = extent.start
    parser.EndElementHandler = extent.end
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_: object) -> None:
    """Refuse a document type, whose entities can expand; spreadsheets have none."""
    raise expat.ExpatError("it declares a document type")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _Extent(Protocol):
    """The rectangle that a sheet's cells need, as (rows, columns)."""

    size: tuple[int, int]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Read the start of an element."""
        ...

    def end(self, name: str) -> None:
        """Read the end of an element."""
        ...


class _XlsxExtent:
    """Reads `r="AB12"` of the cells; a cell without it follows the one before."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self._column = self._row = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Read a row or a cell."""
        local, place = _local(name), attributes.get("r", "")
        if local == "row":
            self._row, self._column = (int(place) if place.isdecimal() else self._row + 1), 0
        elif local == "c":
            letters = place.rstrip("0123456789")
            digits = place[len(letters) :]
            self._column = _column_number(letters) if letters else self._column + 1
            self._row = int(digits[:9]) if digits else self._row
            self.size = max(self.size[0], self._row), max(self.size[1], self._column)

    def end(self, name: str) -> None:
        """Read nothing: the cells say where they are."""


def _column_number(letters: str) -> int:
    """Returns the number of a column, 1 for A and 28 for AB; a name that is too long counts as the last one."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + (ord(letter.upper()) - 64 if letter.isascii() and letter.isalpha() else 26)
    return number


class _OdsExtent:
    """Reads the repeat counts of rows and cells; empty ones count only if a filled one follows."""

    def __init__(self) -> None:
        self.size = (0, 0)
        self._rows = self._columns = self._width = self._repeat = self._empty = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Read a table, a row, a cell, or the text in a cell."""
        local = _local(name)
        if local == "table":
            self._rows = self._empty = 0
        elif local == "table-row":
            self._repeat = _repeats(attributes, "number-rows-repeated", _MOST_ROWS)
            self._columns = self._width = 0
        elif local in ("table-cell", "covered-table-cell"):
            self._columns += _repeats(attributes, "number-columns-repeated", _MOST_COLUMNS)
            if any(_local(key) in ("value-type", "formula") for key in attributes):
                self._width = self._columns
        elif local == "p":
            self._width = self._columns

    def end(self, name: str) -> None:
        """Count a row that has ended."""
        if _local(name) != "table-row":
            return
        if not self._width:
            self._empty += self._repeat
            return
        self._rows += self._empty + self._repeat
        self._empty = 0
        self.size = max(self.size[0], self._rows), max(self.size[1], self._width)


def _repeats(attributes: dict[str, str], key: str, most: int) -> int:
    found = next((value for name, value in attributes.items() if _local(name) == key), "1")
    return min(int(found), most) if found.isdecimal() and len(found) < 10 else most
