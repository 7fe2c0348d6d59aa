"""A run's metrics.jsonl: one event a line, appended by several processes, read while it grows."""

from __future__ import annotations

import fcntl
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.runs.files import disk_errors

READ_LIMIT = 8 * 1024 * 1024


def append_event(path: Path, event: Mapping[str, Any]) -> None:
    """Append one event as a line of its own; adds `time` (unix seconds); InputError where the disk is full.

    A lock keeps two writers apart; a line that a killed writer left half-written is closed first, and a line that does
    not fit on the disk is taken back.
    """
    for key in ("event", "stage"):
        if not isinstance(event.get(key), str):
            raise ValueError(f"an event needs {key!r} as text, got {event!r}")
    line = json.dumps(_finite({"time": time.time(), **event}), ensure_ascii=False, allow_nan=False).encode() + b"\n"
    with disk_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
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
    """NaN and infinity are no JSON: None stands in for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def read_events(path: Path, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The events after byte `offset`, and the offset to go on from; at most 8 MiB a call.

    A line without its newline is left for the next call; lines that are no events are skipped; a file shorter than
    `offset` was begun anew and is read from its start.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = offset if 0 <= offset <= size else 0
            file.seek(start)
            raw = file.read(READ_LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return [], 0
    end = raw.rfind(b"\n") + 1
    if not end and len(raw) == READ_LIMIT:  # one endless line: no event of ours, step over it
        return [], start + len(raw)
    events = [event for line in raw[:end].split(b"\n") if (event := _parse(line)) is not None]
    return events, start + end


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if isinstance(event, dict) and isinstance(event.get("event"), str) and isinstance(event.get("stage"), str):
        return event
    return None
