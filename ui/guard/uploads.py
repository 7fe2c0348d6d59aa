"""Records uploads and owners: limited per address and in total, served to the owner only, removed after an hour."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from backend import locks
from backend.errors import InputError
from backend.files import disk_errors

SUFFIXES = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".ods", ".zip")
"""The endings of files with rows or tools."""
ANSWERED = (".md", ".png", ".jpg", ".jpeg", ".pdf", ".docx", ".xls", ".gz")
"""Endings of other files, of which the page says what they look like. A browser runs none of them as a page."""
STORED_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
MEGABYTE = 1_000_000
STALLED_SECONDS = 60.0
"""A partial upload is deleted when it has received nothing for this time."""
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of uploads: files and bytes per address and day (None: no limit), and stored bytes in total.

    A file is deleted after `stored_seconds`.
    """

    files: int | None = None
    bytes: int | None = None
    total_bytes: int = 2_000 * MEGABYTE
    stored_seconds: float = STORED_SECONDS


SHARED_LIMITS = Limits(files=200, bytes=200 * MEGABYTE)
"""Visitors are distinguished only by their address, and a whole office can share one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that was uploaded from `address`; `at` is a time of the monotonic clock, in seconds."""

    address: str
    size: int
    at: float


class WrongKind(InputError):
    """The file has an ending that is not accepted."""


class TooMany(InputError):
    """The upload exceeds a limit."""


class Uploads:
    """A folder below `home` for the uploads of this process, and the owner of each file.

    Files are temporary: the page copies them, and they are deleted after an hour. The next start deletes the folder of
    a process that died.
    """

    def __init__(self, home: Path, limits: Limits) -> None:
        self._limits = limits
        self._files: dict[str, dict[str, Upload]] = {}
        self._history: deque[Upload] = deque()
        self._lock = threading.Lock()
        self._active = 0
        remove_abandoned(home)
        self.folder = home / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._alive = locks.take(self.folder / LOCK)

    def refusal(self, address: str, coming: int) -> str | None:
        """The reason why `coming` more bytes may not be uploaded from this address now, as a sentence; else None."""
        self.sweep()
        return self._over_limit(address, coming, 1)

    def _over_limit(self, address: str, coming: int, files: int) -> str | None:
        limits = self._limits
        with self._lock:
            own = [upload for upload in self._history if upload.address == address]
            held = sum(map(_size, self._partial()))
            held += sum(max(upload.size for upload in owners.values()) for owners in self._files.values())
        if held + coming > limits.total_bytes:
            return "The storage for uploads on this server is full. Try again in an hour."
        if limits.files is not None and len(own) + files > limits.files:
            return (
                f"{limits.files} files were uploaded from your address within a day, which is the limit. Try tomorrow."
            )
        if limits.bytes is not None and sum(upload.size for upload in own) + coming > limits.bytes:
            most = f"{limits.bytes // MEGABYTE:,} MB"
            return f"This upload exceeds the limit of {most} per day for your address. Try tomorrow."
        return None

    def add(self, paths: Iterable[str], owner: str, address: str) -> None:
        """Record the owner of these files.

        Raises WrongKind if a file has an ending that is not accepted, and TooMany if the files exceed a limit. All of
        them are then deleted.
        """
        listed = list(paths)
        wrong = [Path(path).name for path in listed if Path(path).suffix.lower() not in SUFFIXES + ANSWERED]
        if wrong:
            self._discard_new(listed)
            raise WrongKind(f"{wrong[0][:80]!r} is not accepted. Use a file that ends in {', '.join(SUFFIXES)}.")
        if refusal := self._over_limit(address, sum(map(_size, listed)), len(listed)):
            self._discard_new(listed)
            raise TooMany(refusal)
        now = time.monotonic()
        with self._lock:
            for path in listed:
                upload = Upload(address, _size(path), now)
                self._files.setdefault(path, {})[owner] = upload
                self._history.append(upload)

    def owns(self, owner: str, path: str) -> bool:
        """Whether this owner uploaded the file; the same file can have several owners."""
        with self._lock:
            return owner in self._files.get(path, {})

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """A context for reading one request; when the last one ends, partial uploads are deleted."""
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
            self.tidy()

    def tidy(self) -> None:
        """Delete partial uploads, and the empty file that Gradio leaves whenever a handler reads a file input."""
        with self._lock:
            stalled = STALLED_SECONDS if self._active else 0.0
            for entry in self._partial():
                if _age(entry) >= stalled:
                    _discard(entry)

    def _partial(self) -> list[Path]:
        return [entry for entry in _entries(self.folder) if entry.name != LOCK and not entry.is_dir()]

    def sweep(self) -> None:
        """Delete files that were uploaded over an hour ago, and folders without a recorded file."""
        now, stored_seconds = time.monotonic(), self._limits.stored_seconds

        def old(upload: Upload) -> bool:
            return now - upload.at > stored_seconds

        with self._lock:
            ended = [path for path, owners in self._files.items() if all(map(old, owners.values()))]
            for path in ended:
                del self._files[path]
            while self._history and now - self._history[0].at > DAY_SECONDS:
                self._history.popleft()
            known = {Path(path).parent for path in self._files}
        self._remove(ended)
        for entry in _entries(self.folder):
            if entry.name != LOCK and entry not in known and _age(entry) > max(stored_seconds, STALLED_SECONDS):
                _discard(entry)

    def close(self) -> None:
        """Delete the folder, when the app ends."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _discard_new(self, paths: Iterable[str]) -> None:
        """Delete files that were just stored, except those that somebody uploaded before."""
        with self._lock:
            self._remove([path for path in paths if path not in self._files])

    def _remove(self, paths: Iterable[str]) -> None:
        """Delete files and their empty folders; a folder is named by content, so it can hold other names too."""
        for path in paths:
            folder = Path(path).parent
            if folder.parent == self.folder:
                _discard(Path(path))
                with suppress(OSError):
                    folder.rmdir()


def remove_abandoned(home: Path) -> None:
    """Delete the folders whose process has ended. Raises InputError if `home` cannot be created."""
    with disk_errors(home, "make"):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for folder in _entries(home):
        if not locks.is_held(folder / LOCK):
            _discard(folder)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except OSError:
        return 0.0


def _size(path: str | Path) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
