"""Reads and writes a run's small files atomically, with errors that say what to do next."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

from backend.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
JSON_BYTES = 64 * 1024 * 1024
"""The largest JSON document of a run that is read; an evaluation of 20,000 rows has a fifth of this size."""
DROPPED_ENDING = ".tmp"


@contextmanager
def disk_errors(path: Path, doing: str = "write") -> Iterator[None]:
    """Turns the operating system's errors about `path` into InputError with the next step."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise InputError(f"Could not {doing} {path}: the disk is full. Free some space, then try again.") from error
        reason = error.strerror or str(error)
        raise InputError(f"Could not {doing} {path}: {reason}. Check the path and its permissions.") from error


@contextmanager
def open_regular(path: Path) -> Iterator[BufferedReader]:
    """Opens a regular file for reading and never waits. Raises OSError for other kinds of files.

    A plain open() of a FIFO waits until a writer opens it, and a device may have no end.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:  # raises IsADirectoryError for a folder
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "It is not a regular file", str(path))
        yield file


def read_bytes(path: Path, limit: int) -> bytes:
    """Returns the bytes of a regular file. Raises InputError if it cannot be read or is larger than `limit` bytes."""
    with disk_errors(path, "read"), open_regular(path) as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise InputError(
            f"{path} is larger than {limit / 1024**2:,.0f} MB, so it is not read. Restore it from a copy, or make the "
            "run again."
        )
    return raw


def write_bytes(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Writes a file atomically: readers see the old bytes or the new ones, also after a crash.

    The bytes and the name are on the disk on return. A missing folder is made, but not its parent. Devices and FIFOs
    are written directly. Raises InputError if the file cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(exist_ok=True)
        if _is_special(path):
            with path.open("wb") as special:
                special.write(content)
            return
        temporary, descriptor = _open_temporary(path, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(path.parent)


def _is_special(path: Path) -> bool:
    """Whether `path` is a file that a rename must not replace, such as /dev/null."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _open_temporary(path: Path, mode: int) -> tuple[Path, int]:
    """Makes a locked file next to `path`, and returns it with its descriptor; a sweep does not remove locked files."""
    while True:
        temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}{DROPPED_ENDING}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with suppress(OSError):  # a file system without locks: a sweep cannot lock it either
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:  # a sweep may have removed it before the lock
            return temporary, descriptor
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Writes a file as UTF-8, atomically: readers see the old text or the new one, never a part."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON object, indented, atomically."""
    write_text(path, _json_text(value))


def write_output(path: Path, content: bytes) -> None:
    """Does the same as `write_bytes` for a path of the user: makes all its folders, and writes to a link's target."""
    with disk_errors(path):
        target = path.resolve() if path.is_symlink() else path
        target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)


def write_json_output(path: Path, value: Mapping[str, Any]) -> None:
    """Does the same as `write_json` for a path of the user."""
    write_output(path, _json_text(value).encode())


def _json_text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def read_json(path: Path, limit: int = JSON_BYTES) -> dict[str, Any]:
    """Returns the JSON object in a file.

    Raises InputError if the file is missing, damaged, larger than `limit` bytes, or not an object.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing.")
    raw = read_bytes(path, limit)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}. Restore it from a copy, or make the run again.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: it is a {type(value).__name__}, not a JSON object.")
    return value


def copy_file(source: Path, target: Path) -> str:
    """Copies a file, or a link's target, to the disk, and returns the SHA-256 of its bytes."""
    with disk_errors(source, "read"), open_regular(source) as reader:
        with disk_errors(target), target.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.fsync(writer.fileno())
        reader.seek(0)
        return hashlib.file_digest(reader, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Writes a folder's names to the disk, so that a rename survives a power failure. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # the file system cannot sync folders
            raise
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Writes a folder's files and names to the disk, before the folder is renamed. Raises OSError."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            if not path.is_symlink():
                with open_regular(path) as file:
                    os.fsync(file.fileno())
        sync_folder(Path(where))
