"""Writes the log of a job without terminal codes and tokens, reads it in bounded parts, and finds the error in it."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from backend.errors import InputError
from backend.files import disk_errors, open_regular
from backend.redact import redact

WRITE_LIMIT = 20 * 1024 * 1024
READ_LIMIT = 256 * 1024
LINE_LIMIT = 4_000
LAST_LINES = 200
MESSAGE_LIMIT = 4_000
CANCELLED = "Cancelled."
KILLED = "The system killed the job, most likely because memory was full. Try a smaller batch size or shorter rows."

ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
SECRET_NAMES = re.compile(r"TOKEN|SECRET|PASSWORD|API_?KEY", re.IGNORECASE)


def clean(text: str, secrets: Sequence[str] = ()) -> str:
    """Returns the text without terminal codes and tokens, with only the last state of redrawn progress bars."""
    plain = ANSI.sub("", text)
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
    return redact(CONTROL.sub("", "\n".join(lines)), secrets)


def environment_secrets() -> tuple[str, ...]:
    """The values in this process's environment that must never be in a log."""
    values = (value for name, value in os.environ.items() if SECRET_NAMES.search(name) and len(value) >= 8)
    return tuple(sorted(values, key=len, reverse=True))


class LogWriter:
    """Appends a job's output to its log, line by line.

    After 20 MiB only the last lines are saved, and added at the end. If the disk is full, lines are lost and the job
    goes on.
    """

    def __init__(self, path: Path, secrets: Sequence[str] = ()) -> None:
        self._secrets = tuple(secrets)
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        self._partial = b""
        self._skipped = 0
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab", buffering=0)

    def feed(self, chunk: bytes) -> None:
        """Add output of the job; whole lines are written at once."""
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        if len(self._partial) > 64 * LINE_LIMIT:  # an endless line, or a progress bar without an end
            lines.append(self._partial)
            self._partial = b""
        for line in lines:
            self._line(line)

    def note(self, text: str) -> None:
        """Write a line of the app, unless the log is closed."""
        if not self._file.closed:
            self._write(text)

    def close(self) -> None:
        """Write the rest, and close the file."""
        self.finish()
        self._file.close()

    def finish(self) -> None:
        """Write the rest; only then `last_lines` is complete."""
        if self._partial:
            self._line(self._partial)
            self._partial = b""
        if self._skipped:
            self._write(
                f"… {self._skipped:,} lines are left out: the log reached its limit. The last lines:", forced=True
            )
            for text in list(self._last)[-self._skipped :]:
                self._write(text, forced=True)
            self._skipped = 0

    @property
    def last_lines(self) -> list[str]:
        """The last lines that the job printed, oldest first."""
        return list(self._last)

    def _line(self, raw: bytes) -> None:
        text = clean(raw.decode("utf-8", errors="replace"), self._secrets)
        if len(text) > LINE_LIMIT:
            text = text[:LINE_LIMIT] + " …"
        self._last.append(text)
        self._write(text)

    def _write(self, text: str, *, forced: bool = False) -> None:
        if not forced and self._file.tell() > WRITE_LIMIT:
            self._skipped += 1
            return
        try:
            self._file.write(text.encode() + b"\n")
        except OSError:
            self._skipped += not forced


def read_log(path: Path, offset: int = 0) -> tuple[str, int]:
    """The whole lines after byte `offset`, at most the newest 256 KiB, and the next offset.

    A log shorter than `offset` was rewritten and is read from its start; a missing one is empty. Raises InputError if
    it cannot be read, or is not a regular file.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            start = offset if 0 <= offset <= size else 0
            skipped = max(size - READ_LIMIT - start, 0)
            file.seek(start + skipped)
            raw = file.read(READ_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return "", 0
    except OSError as error:
        raise InputError(f"Could not read {path}: {error.strerror}.") from error
    begin = raw.find(b"\n") + 1 if skipped else 0
    end = raw.rfind(b"\n") + 1
    note = "… earlier lines are left out\n" if skipped else ""
    return note + clean(raw[begin:end].decode("utf-8", errors="replace")), start + skipped + end


def failure_reason(lines: Sequence[str]) -> str | None:
    """The text of the job's last `error: ` line up to the traceback, else its last line; None if it printed nothing."""
    if own := error_line(lines):
        return own
    printed = [line.strip() for line in lines if line.strip()]
    return printed[-1][:MESSAGE_LIMIT] if printed else None


def error_line(lines: Sequence[str]) -> str | None:
    """The text of the job's last `error: ` line up to the traceback; None if there is no such line."""
    errors = [index for index, line in enumerate(lines) if line.startswith("error: ")]
    if not errors:
        return None
    message = takewhile(lambda line: not line.startswith("Traceback "), lines[errors[-1] :])
    return "\n".join(message).removeprefix("error: ").strip()[:MESSAGE_LIMIT]
