"""Uploaded data without a run, stored with the runs so that a reload loses nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from copy import copy
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

from backend import locks
from backend.errors import InputError
from backend.files import (
    disk_errors,
    open_regular,
    read_bytes,
    read_json,
    write_bytes,
    write_text,
)
from backend.runs import Scratch, own_file, own_files, put_in_place, remove
from ui.services.quota import NO_LIMIT, Allowance, Quota, UseDays

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXAMPLE = "example"
EXAMPLE_FILES = ("tools.json", "hiking.csv")
STORED_SECONDS = 7 * 86400
ID = re.compile(r"[0-9a-f]{24}")
STORED_DAYS = 7
TOOLS, NOTES, TESTS, KEY, DAYS = "tools.json", "draft.json", "test", "key", ".days"
NEAR_MISSES = "near_misses.txt"
KEY_BYTES, NOTES_BYTES = 32, 64 * 1024
GONE = "These files are no longer stored here. Upload them again."


@dataclass(frozen=True, slots=True)
class Origin:
    """Facts about the files.

    The allowed calls per row, the applied fixes (`made`), the draft that was fixed, the topics and words that count as
    off-topic, separated by commas, and what was read from another format (`read`), a sentence on each line.
    """

    allow_multiple_calls: bool = False
    allow_no_call: bool = False
    made: str = ""
    parent: str | None = None
    put_back: str = ""
    read: str = ""


@dataclass(frozen=True, slots=True)
class UploadedData:
    """The files of the Data step; `name` is the dataset's name.

    `test` has the uploaded test rows, and `near_misses` a message on each line; both are None if there are none.
    """

    dataset: Path
    tools: Path
    name: str
    origin: Origin = field(default_factory=Origin)
    test: Path | None = None
    near_misses: Path | None = None


class UploadStore:
    """A folder of drafts, which never change; each is stored for a week, and for seven days on which the app was used.

    A draft's id is a keyed hash of its content, so that others cannot guess it. A draft that is not in this folder is
    read from `before`, the uploads from before the login. `allowance` limits the size.
    """

    def __init__(self, folder: Path, before: UploadStore | None = None, allowance: Allowance = NO_LIMIT) -> None:
        self.folder = folder
        self._before = before
        self._quota, self._owner = Quota(folder, allowance), ""
        self._key = b""
        self._days = UseDays(folder / DAYS)

    def counted_for(self, owner: str) -> UploadStore:
        """The same store, whose additions count for this owner."""
        same = copy(self)
        same._owner = owner
        return same

    def add(
        self,
        dataset: Path | bytes,
        tools: Path | bytes,
        name: str | None = None,
        origin: Origin | None = None,
        test: Path | None = None,
        near_misses: Path | bytes | None = None,
    ) -> str:
        """Store the files, the dataset under `name`, and return their id. Raises InputError if that is not possible."""
        name = _plain_name(name or (dataset.name if isinstance(dataset, Path) else ""))
        files = {name: _bytes(dataset), TOOLS: _bytes(tools), NOTES: _notes(name, origin or Origin())}
        if test:
            files[f"{TESTS}/{_plain_name(test.name)}"] = _bytes(test)
        if near_misses:
            files[NEAR_MISSES] = _bytes(near_misses)
        self._sweep()
        with disk_errors(self.folder, "store the upload in"):
            self.folder.mkdir(parents=True, exist_ok=True)
            return self._store(files)

    def add_changed(self, data: UploadedData, **changes: Any) -> str:
        """Store the data with other values for some arguments of `add`, and return their id. Raises as `add` does."""
        values = {one.name: getattr(data, one.name) for one in fields(data)}
        return self.add(**{**values, **changes})

    def open(self, draft: str) -> UploadedData:
        """The files with this id. Raises InputError if they are no longer stored."""
        if draft == EXAMPLE:
            return UploadedData(EXAMPLES / "hiking.csv", EXAMPLES / TOOLS, "hiking.csv")
        folder = self.folder / draft
        notes = _read_notes(folder / NOTES) if ID.fullmatch(draft) else {}
        name = str(notes.get("name", ""))
        if not name or not own_file(folder, name):
            if self._before is not None:
                return self._before.open(draft)
            raise InputError(GONE)
        names = {one.name for one in fields(Origin)}
        origin = Origin(**{key: value for key, value in notes.items() if key in names})
        test = next(iter(own_files(folder, TESTS, "")), None)
        near_misses = own_file(folder, NEAR_MISSES) if name != NEAR_MISSES else None
        return UploadedData(folder / name, folder / TOOLS, name, origin, test, near_misses)

    def _store(self, files: Mapping[str, bytes]) -> str:
        """Write the files of a draft unless it exists and is complete. Raises InputError or OSError."""
        digest = hashlib.blake2b(key=self._secret(), digest_size=12)
        for name, content in files.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        folder = self.folder / digest.hexdigest()
        if _holds(folder, files):
            with suppress(OSError, InputError):  # on a full disk the draft still exists
                write_text(folder / DAYS, str(self._days.count))
                os.utime(folder)
            return folder.name
        self._quota.take(sum(map(len, files.values())), self._owner)
        with Scratch(f".{folder.name}.", self.folder) as scratch:
            for name, content in {**files, DAYS: str(self._days.count).encode()}.items():
                path = Path(scratch, name)
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
            try:
                if not _holds(folder, files):
                    remove(folder)  # an incomplete draft of an earlier version
                put_in_place(Path(scratch), folder)
            except OSError:
                if not _holds(folder, files):  # else another thread was faster
                    raise
        return folder.name

    def _secret(self) -> bytes:
        """The folder's key, created at the first use; one that a full disk truncated is replaced. Raises InputError."""
        path = self.folder / KEY
        if not self._key:
            lock = locks.wait_for(self.folder / f".{KEY}.lock")
            if lock is None:
                raise InputError(f"{self.folder} has been busy for over ten seconds. Try again.")
            try:
                if not path.is_file():  # a dangling link, or a FIFO, which would block the writer
                    path.unlink(missing_ok=True)
                if _size(path) != KEY_BYTES:
                    write_bytes(path, secrets.token_bytes(KEY_BYTES), 0o600)
                self._key = read_bytes(path, KEY_BYTES)
            finally:
                os.close(lock)
        return self._key

    def _sweep(self) -> None:
        """Delete old drafts; one that cannot be deleted now is tried again next time."""
        with suppress(OSError, InputError):
            days, now = self._days.today(), time.time()
            for folder in self.folder.glob("*"):
                if ID.fullmatch(folder.name) and self._is_old(folder, days, now):
                    remove(folder)

    def _is_old(self, folder: Path, days: int, now: float) -> bool:
        """Whether a draft is over a week old, by the clock and by the days of use, because a clock can be wrong."""
        try:
            age = now - folder.stat().st_mtime
            made = int(read_bytes(folder / DAYS, 20))
        except FileNotFoundError:  # deleted meanwhile
            return False
        except (InputError, ValueError):  # a draft of an earlier version: its days count from now on
            with suppress(OSError, InputError):
                changed = folder.stat().st_mtime
                write_text(folder / DAYS, str(days))
                os.utime(folder, (changed, changed))
            return False
        return not 0 <= age < STORED_SECONDS and days - made >= STORED_DAYS


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a draft's folder contains exactly these files."""
    try:
        return all(_size(folder / name) == len(content) for name, content in files.items()) and all(
            read_bytes(folder / name, len(content)) == content for name, content in files.items()
        )
    except InputError:
        return False


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _bytes(content: Path | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    with disk_errors(content, "read"), open_regular(content) as file:
        return file.read()


def _notes(name: str, origin: Origin) -> bytes:
    return json.dumps({"name": name, **asdict(origin)}, sort_keys=True).encode()


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        return read_json(path, NOTES_BYTES)
    except InputError:
        return {}


def _plain_name(name: str) -> str:
    """A file name without characters that a file system may refuse, and different from the store's own names."""
    text = re.sub(r"[^\w.-]+", "-", name).strip(".-")[-80:] or "dataset"
    return text if text not in (TOOLS, NOTES, TESTS, NEAR_MISSES) else "dataset.csv"


def draft_link(draft: str, which: str) -> str:
    """The address from which the `dataset` or the `tools` of a draft can be downloaded."""
    return f"data/{quote(draft, safe='')}/{which}"
