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

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv", ".txt")
KEPT_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
MEGABYTE = 1_000_000
STALLED_SECONDS = 60.0
"""How long nothing may come of an upload before what came of it may go."""
LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be uploaded: files and bytes of one address in a day (None: not counted), and bytes kept in all.

    `kept_seconds` is how long a file lies here.
    """

    files: int | None = None
    bytes: int | None = None
    total_bytes: int = 2_000 * MEGABYTE
    kept_seconds: float = KEPT_SECONDS


SHARED_LIMITS = Limits(files=200, bytes=200 * MEGABYTE)
"""An address is all that is known of a visitor; a whole office may share one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file that came in from `address`; `at` is on the monotonic clock, in seconds."""

    address: str
    size: int
    at: float


class WrongKind(InputError):
    """A file of a kind that is not taken."""


class TooMany(InputError):
    """More than may be uploaded."""


class Uploads:
    """A folder of this process's own below `home`, and who put what into it.

    Files lie here until the page has taken them, an hour at most; the folder of a process that died goes at the next
    start. Nothing that the app keeps lies here.
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
        """Why no more may be uploaded from this address now, in a sentence; None if `coming` bytes more may."""
        self.sweep()
        return self._over_limit(address, coming, 1)

    def _over_limit(self, address: str, coming: int, files: int) -> str | None:
        limits = self._limits
        with self._lock:
            own = [upload for upload in self._history if upload.address == address]
            held = sum(map(_size, self._half_read()))
            held += sum(max(upload.size for upload in owners.values()) for owners in self._files.values())
        if held + coming > limits.total_bytes:
            return "The room for uploads on this server is full. Try again in an hour."
        if limits.files is not None and len(own) + files > limits.files:
            return (
                f"{limits.files} files were uploaded from your address within a day, the most that may. Try tomorrow."
            )
        if limits.bytes is not None and sum(upload.size for upload in own) + coming > limits.bytes:
            most = f"{limits.bytes // MEGABYTE:,} MB"
            return f"With these, more than {most} would have been uploaded from your address in a day. Try tomorrow."
        return None

    def add(self, paths: Iterable[str], owner: str, address: str) -> None:
        """Note who uploaded these files; if one is of a kind that is not taken, or they are too many, they are removed.

        Raises WrongKind or TooMany.
        """
        listed = list(paths)
        wrong = [Path(path).name for path in listed if Path(path).suffix.lower() not in SUFFIXES]
        if wrong:
            self._discard_new(listed)
            raise WrongKind(f"{wrong[0][:80]!r} is not taken. Give a file that ends in {', '.join(SUFFIXES)}.")
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
        """Whether the file was uploaded by this browser; the same file may have been uploaded by several."""
        with self._lock:
            return owner in self._files.get(path, {})

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """The time in which a request is read; what it left half read goes at its end, or at that of the last."""
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
            self.tidy()

    def tidy(self) -> None:
        """Remove half-read uploads, and the empty file that Gradio leaves whenever a handler reads a file input."""
        with self._lock:
            stalled = STALLED_SECONDS if self._active else 0.0
            for entry in self._half_read():
                if _age(entry) >= stalled:
                    _discard(entry)

    def _half_read(self) -> list[Path]:
        return [entry for entry in _entries(self.folder) if entry.name != LOCK and not entry.is_dir()]

    def sweep(self) -> None:
        """Remove what was uploaded an hour ago, and folders that nobody knows of."""
        now, kept_seconds = time.monotonic(), self._limits.kept_seconds

        def old(upload: Upload) -> bool:
            return now - upload.at > kept_seconds

        with self._lock:
            ended = [path for path, owners in self._files.items() if all(map(old, owners.values()))]
            for path in ended:
                del self._files[path]
            while self._history and now - self._history[0].at > DAY_SECONDS:
                self._history.popleft()
            known = {Path(path).parent for path in self._files}
        self._remove(ended)
        for entry in _entries(self.folder):
            if entry.name != LOCK and entry not in known and _age(entry) > max(kept_seconds, STALLED_SECONDS):
                _discard(entry)

    def close(self) -> None:
        """Remove the folder: at the app's end."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._alive is not None:
            os.close(self._alive)
            self._alive = None

    def _discard_new(self, paths: Iterable[str]) -> None:
        """Remove what was just stored, but not what somebody uploaded before."""
        with self._lock:
            self._remove([path for path in paths if path not in self._files])

    def _remove(self, paths: Iterable[str]) -> None:
        """Remove files, and their folders once empty: a folder is named by content, so other names may be in it."""
        for path in paths:
            folder = Path(path).parent
            if folder.parent == self.folder:
                _discard(Path(path))
                with suppress(OSError):
                    folder.rmdir()


def remove_abandoned(home: Path) -> None:
    """Remove the folders whose process is gone; InputError where `home` cannot be made."""
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
