"""Reads CSV records with their exact physical lines, and continues after a broken one.

The grammar is RFC 4180 with either line ending. Python's csv module is not used, because it reports neither the line
where a record began nor an unclosed quote, and reads the rows after such a quote as part of the cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

MAX_CELLS = 1000
"""The most cells of a record that are read; the rest of its line is skipped."""

DELIMITERS = (",", ";", "\t", "|")

Fault = Literal["unclosed", "inner-quotes"]
_NEWLINE = re.compile(r"\r\n|\r|\n")
_BLANK_LINES = re.compile(r"(?: *+(?:\r\n|\r|\n))++")
_QUOTED = re.compile(r'"(?:[^"]++|"")*+"')


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its first physical line, its position in the text, and its cells.

    `fault` is the reason if the record could not be read. `padded` says that there are spaces between a delimiter and a
    quote. `stray` are the unquoted cells that contain a quote.
    """

    line: int
    start: int
    end: int
    cells: tuple[str, ...]
    fault: Fault | None = None
    padded: bool = False
    stray: tuple[int, ...] = ()

    @property
    def blank(self) -> bool:
        """Whether the line is empty."""
        return self.fault is None and len(self.cells) == 1 and not self.cells[0].strip()


def read_records(text: str, delimiter: str) -> Iterator[Record]:
    """Yields every record of `text` that is not blank; after a broken one, reading continues at the next line."""
    position, line = 0, 1
    while position < len(text):
        blank = _BLANK_LINES.match(text, position) if text[position] in " \r\n" else None
        if blank:
            line += count_newlines(text, position, blank.end())
            position = blank.end()
            continue
        record = _read_record(text, position, line, delimiter)
        if not record.blank:
            yield record
        if text.startswith("\n", record.end):
            after = record.end + 1
        else:
            terminator = _NEWLINE.match(text, record.end)
            after = terminator.end() if terminator else len(text)
        line += count_newlines(text, position, after)
        position = after


def count_newlines(text: str, start: int, end: int) -> int:
    """Returns the number of line ends (`\\r\\n`, `\\r` or `\\n`) in `text[start:end]`."""
    returns = text.count("\r", start, end)
    if not returns:
        return text.count("\n", start, end)
    return text.count("\n", start, end) + returns - text.count("\r\n", start, end)


@lru_cache(maxsize=len(DELIMITERS))
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    mark = re.escape(delimiter)
    space = " " if delimiter == "\t" else r"[ \t]"
    quoted = re.compile(rf'({space}*+)"((?:[^"]++|"")*+)"({space}*+)(?=[{mark}\r\n]|\Z)')
    return quoted, re.compile(rf"[^{mark}\r\n]*+")


def _read_record(text: str, start: int, line: int, delimiter: str) -> Record:
    quoted, plain = _patterns(delimiter)
    cells: list[str] = []
    stray: list[int] = []
    padded = False
    position = start
    while True:
        match = quoted.match(text, position)
        if match:
            cells.append(match[2].replace('""', '"'))
            padded = padded or bool(match[1] or match[3])
        elif text.startswith('"', position):
            return _broken(text, start, line, position)
        else:
            match = plain.match(text, position)
            assert match is not None, "the pattern matches the empty string"
            cells.append(match[0])
            if '"' in match[0]:
                stray.append(len(cells) - 1)
        position = match.end()
        if position >= len(text) or text[position] != delimiter:
            return Record(line, start, position, tuple(cells), None, padded, tuple(stray))
        position += 1
        if len(cells) == MAX_CELLS:
            newline = _NEWLINE.search(text, position)
            return Record(line, start, newline.start() if newline else len(text), tuple(cells), None, padded)


def _broken(text: str, start: int, line: int, opening: int) -> Record:
    """Returns the rest of the physical line as a record whose quotes are wrong from `opening` on."""
    newline = _NEWLINE.search(text, start)
    end = newline.start() if newline else len(text)
    closing = _QUOTED.match(text, opening)
    inside = closing is not None and not _NEWLINE.search(text, opening, closing.end())
    return Record(line, start, end, (text[start:end],), "inner-quotes" if inside else "unclosed")


def encode_record(cells: tuple[str, ...], delimiter: str = ",") -> str:
    """Returns one record as text, with every cell in quotes and without a line end."""
    return delimiter.join('"' + cell.replace('"', '""') + '"' for cell in cells)
