"""A run's metrics.jsonl: one event per line, appended by several processes, read while it grows."""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.files import disk_errors, open_regular

READ_LIMIT = 8 * 1024 * 1024
LONGEST_EVENT = 64 * 1024


def append_event(path: Path, event: Mapping[str, Any]) -> None:
    """Appends one event as a line, with `time` (unix seconds). Raises InputError if the disk is full.

    A lock excludes other writers. If a killed writer left an incomplete line, a newline is written first. A line that
    does not fit on the disk is removed again.
    """
    for key in ("event", "stage"):
        if not isinstance(event.get(key), str):
            raise ValueError(f"an event needs {key!r} as text, got {event!r}")
    line = json.dumps(_finite({"time": time.time(), **event}), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    with disk_errors(path):
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY
        descriptor = os.open(path, flags, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = b"\n" + line
            _write_whole(descriptor, line, size)
        finally:
            os.close(descriptor)


def _write_whole(descriptor: int, line: bytes, size: int) -> None:
    try:
        left = memoryview(line)
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        if os.fstat(descriptor).st_size > size:
            os.ftruncate(descriptor, size)
        raise


def _finite(value: Any) -> Any:
    """Returns the value with None for NaN and infinity, which JSON cannot contain."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def read_events(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Returns the events after byte `offset` and the next offset, from at most 8 MiB per call.

    An incomplete last line is left for the next call. Lines that are not events are skipped. A file shorter than
    `offset` was written again and is read from its start. A file that is not regular or cannot be read has no events.
    """
    lines, offset = read_lines(path, offset, READ_LIMIT)
    return [event for line in lines if (event := parse_event(line)) is not None], offset


def read_lines(path: Path, offset: int, limit: int) -> tuple[list[bytes], int]:
    """Does the same as `read_events` for raw lines, at most `limit` bytes of them."""
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            start = offset if 0 <= offset <= size else 0
            file.seek(start)
            raw = file.read(limit)
    except (FileNotFoundError, NotADirectoryError):
        return [], 0
    except OSError:
        return [], offset
    end = raw.rfind(b"\n") + 1
    if not end and len(raw) == limit:  # such a long line is not an event, so it is skipped
        return [], start + len(raw)
    return raw[:end].split(b"\n"), start + end


def parse_event(line: bytes | str) -> dict[str, Any] | None:
    """Returns the event in a line; None if the line is too long, not JSON, or not an event."""
    if len(line) > LONGEST_EVENT:
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(event, dict) and isinstance(event.get("event"), str) and isinstance(event.get("stage"), str):
        return event
    return None
