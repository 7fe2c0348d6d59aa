"""Reading and writing a run's small files: whole or not at all, with errors that a person can act on."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from backend.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def disk_errors(path: Path, doing: str = "write") -> Iterator[None]:
    """Turn the operating system's errors about `path` into InputError with the next step."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise InputError(f"Could not {doing} {path}: the disk is full. Free some space, then try again.") from error
        reason = error.strerror or str(error)
        raise InputError(f"Could not {doing} {path}: {reason}. Check the path and its permissions.") from error


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: readers see the old text or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with disk_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object, indented, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file; InputError where it is missing, damaged, or no object."""
    if not path.is_file():
        raise InputError(f"{path} is missing.")
    with disk_errors(path, "read"):
        raw = path.read_bytes()
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}. Restore it from a copy, or make the run again.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is damaged: it holds {type(value).__name__}, not a JSON object.")
    return value


def copy_file(source: Path, target: Path) -> str:
    """Copy a file's bytes (a link's target, not the link) and return their SHA-256."""
    with disk_errors(source, "read"), source.open("rb") as reader:
        with disk_errors(target), target.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
        reader.seek(0)
        return hashlib.file_digest(reader, "sha256").hexdigest()
