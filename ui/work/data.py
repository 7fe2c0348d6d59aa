"""The work on data. It does not import gradio, because it can run in a separate process."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.data import CheckOptions, CheckReport, check_files
from backend.data.check import check_test_file
from backend.data.editing import Edited, EditRequest, Form, Place, edit, open_form
from backend.data.fixing import plan_fixes
from backend.data.imports import GivenFile, ImportedSet, import_files
from backend.data.text import FixPlan
from backend.files import open_regular
from backend.off_topic import ChosenMessages, choose_messages
from backend.records import Example, Tool
from ui.work.fix_request import FixRequest, plan_fix_request

LARGE_BYTES = 400_000
MEMORY_PER_BYTE = 7
"""Bytes of memory that a report takes for each byte of its CSV; 6.5 were measured with 20,000 rows."""
ReportProgress = Callable[[float, str], None]
"""Takes the share that is done, from 0 to 1, and the current activity."""


@dataclass(frozen=True, slots=True)
class Data:
    """Two files and the options of their check."""

    dataset: Path
    tools: Path
    options: CheckOptions

    @property
    def key(self) -> Hashable:
        """A key of this data: the files' content, independent of their paths."""
        return content(self.dataset), content(self.tools), self.options

    @property
    def large(self) -> bool:
        """Whether work on it would block the page: from about 4,000 rows on."""
        return is_large(self.dataset)

    @property
    def expected_bytes(self) -> int:
        """The estimated memory of a check's report, in bytes."""
        return MEMORY_PER_BYTE * (_bytes(self.dataset) + _bytes(self.tools))


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def check(data: Data, report: ReportProgress) -> CheckReport:
    """Check the data; if the tokens cannot be counted, the rest of the report is complete."""
    return check_files(data.dataset, data.tools, data.options, report, need_tokens=False)


def check_as_json(dataset: Path, tools: Path, report: ReportProgress) -> dict[str, Any]:
    """The object that `validate.py --json` prints for two files."""
    found = check_files(dataset, tools, None, report)
    return {**found.to_json(), "off_topic": choose_messages(found.tools, found.examples).to_json()}


def read_files(given: tuple[GivenFile, ...], report: ReportProgress) -> ImportedSet:
    """Read the given files, whatever their format, into the standard CSV and tools.json."""
    report(0.0, f"Reading {' and '.join(file.name for file in given)}")
    return import_files(given)


def choose(
    tools: tuple[Tool, ...], examples: tuple[Example, ...], put_back: frozenset[str], report: ReportProgress
) -> ChosenMessages:
    """Choose the off-topic messages beside these tools and rows."""
    report(0.0, "Comparing the off-topic messages with your tools")
    return choose_messages(tools, examples, put_back)


def plan(data: Data, request: FixRequest, report: ReportProgress) -> FixPlan:
    """Plan the requested fixes."""
    report(0.0, "Planning the changes")
    files = (data.dataset, data.tools, data.options)
    return plan_fix_request(
        request, lambda lines: plan_fixes(*files, request.codes, lines, leave_out_codes=request.leave_out_codes)
    )


def open_part(data: Data, place: Place, report: ReportProgress) -> Form:
    """Open a part of the data as a form."""
    report(0.0, "Opening it")
    return open_form(data.dataset, data.tools, place)


def edit_part(data: Data, test: Path | None, request: EditRequest, report: ReportProgress) -> Edited:
    """Change a part of the data."""
    report(0.0, "Saving")
    return edit(data.dataset, data.tools, test, request)


def check_tests(data: Data, train: tuple[Example, ...], test: Path, report: ReportProgress) -> CheckReport:
    """Check test rows by themselves and against the training rows."""
    report(0.0, "Comparing it with the training rows")
    return check_test_file(train, test, data.tools, data.options)


def content(path: Path) -> str:
    """A digest of the file; if it is not a regular file, its path."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would block
            return str(path)
        return _digest(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return str(path)


def is_large(path: Path) -> bool:
    """Whether the file has too many rows for a thread of the page's process."""
    try:
        return path.stat().st_size > LARGE_BYTES
    except OSError:
        return False


def is_packed(path: Path) -> bool:
    """Whether the file can expand when it is read: an archive, a spreadsheet or Parquet."""
    try:
        with open_regular(path) as file:
            return file.read(4).startswith((b"PK", b"PAR1"))
    except OSError:
        return False


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: int, _size: int) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
