"""What the readers of foreign formats exchange, their two Protocols, and the limits of an import."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

MAX_IMPORT_BYTES = 256 * 1024 * 1024
"""The largest file that is read, and the most bytes that a compressed file may hold uncompressed."""
MAX_CELLS = 4_000_000
"""The most cells of a sheet, empty ones included, because the library allocates the whole rectangle."""
SAMPLE = 50
"""Records that are looked at to choose a reader."""

Role = Literal["rows", "tools"]


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file as the user gave it: its path here, its name for messages, and the role that its place gave it.

    `split` is the split that its name gives to its rows, empty if it gives none.
    """

    path: Path
    name: str
    role: Role | None = None
    split: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file and its place, such as `line 12`; `problem` is the reason if it has no value."""

    place: str
    value: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row of the standard CSV.

    `calls` is the text of the tool_calls cell, `tools` what the record declares, in its own form. `notes` counts what
    the row does not carry over, by kind. `origin` says who wrote the row.
    """

    message: str
    calls: str
    answer: str = ""
    split: str = ""
    tools: Any = None
    notes: Mapping[str, int] = field(default_factory=Counter)
    origin: str = ""


class LeftOut(Exception):
    """A record that becomes no row; its text completes the sentence "left out because …"."""


class FileReader(Protocol):
    """Reads the records of one kind of file."""

    name: str

    def reads(self, file: GivenFile) -> bool:
        """Whether the content of the file is of this kind."""
        ...

    def records(self, file: GivenFile) -> Iterator[Record]:
        """Yields the records in the file's order. Raises InputError if the file is damaged or over a limit."""
        ...


class RowReader(Protocol):
    """Reads the rows of one format of records."""

    name: str

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether a record is in this format."""
        ...

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the record as a row. Raises LeftOut if it becomes none."""
        ...
