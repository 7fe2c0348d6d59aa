"""Reads a run's metrics.jsonl for the page in bounded memory, also if the file is very large."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from backend.files import open_regular
from backend.runs.event import Event
from backend.runs.events import parse_event, read_lines


def latest_try(events: Sequence[Event], stage: str) -> list[Event]:
    """Returns the stage's events since its last start; for a resumed training, also those before the resumed step."""
    found: list[Event] = []
    before: list[Event] = []
    resumed = True  # there is nothing to resume before the first start
    for event in events:
        if event.stage != stage:
            continue
        if is_start(event):
            before, found, resumed = found, [], False
        found.append(event)
        if event.kind == "resume" and not resumed:
            resumed = True
            found[1:1] = [one for one in before if _is_before(one, event)]
    return found


def is_start(event: Event) -> bool:
    """Whether the event is the start of a stage."""
    return event.kind == "stage" and event.state == "started"


def _is_before(event: Event, resume: Event) -> bool:
    last = resume.step or 0
    return event.kind in ("step", "eval") and (event.step or 0) <= last > 0


STAGES = ("train", "evaluate", "export")
CHUNK_BYTES = 256 * 1024
HEAD_BYTES = 1024 * 1024
TAIL_BYTES = 16 * 1024 * 1024
"""Limits for a file that grew by more since the last read: only its tail is read, and its head if it is new."""
MOST_EVENTS = 1_200
MOST_BYTES = 256 * 1024
"""Limits for one kind of event of one stage; above them, evenly spread events are dropped, never the newest."""
SEAM_BYTES = 64
KINDS = {"step": "step", "eval": "eval", "stage": "mark", "resume": "mark"}
Entry = tuple[int, int, Event]
"""The number of an event in the file, the length of its line in bytes, and the event."""


class Series:
    """The events of one kind of one stage, oldest first."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self._bytes = sum(size for _, size, _ in entries)

    def add(self, one: Entry) -> None:
        """Adds the newest event."""
        self.entries.append(one)
        self._bytes += one[1]

    @property
    def too_many(self) -> bool:
        """Whether the series exceeds its limits; a single event never does."""
        return len(self.entries) > MOST_EVENTS or (len(self.entries) > 1 and self._bytes > MOST_BYTES)

    def newest_half(self) -> Series:
        """Returns the newer half of the events."""
        return Series(self.entries[(len(self.entries) + 1) // 2 :])

    def thinned(self) -> Series:
        """Returns at most half of the events, evenly spread over the file and including the newest."""
        first, last = self.entries[0][0], self.entries[-1][0]
        parts = min(MOST_EVENTS, len(self.entries)) // 2
        return Series(list({(one[0] - first) * parts // (last - first + 1): one for one in self.entries}.values()))


class EventLog:
    """One run's events; each read continues at the end of the last one. The class is thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._reset()

    def read(self) -> tuple[Event, ...]:
        """Returns the events of the run's stages that are in the file now; very many are reduced to a sample."""
        with self._lock:
            self._read_on()
            return tuple(self._merged())

    def _reset(self) -> None:
        self._series: dict[tuple[str, str], Series] = {}
        self._offset = self._count = 0
        self._file = self._seam = b""

    def _read_on(self) -> None:
        size = self._size_of_the_same_file()
        if self._offset == 0 and size > HEAD_BYTES + TAIL_BYTES:
            self._read_to(HEAD_BYTES)
        if size - self._offset > TAIL_BYTES:
            self._offset = size - TAIL_BYTES
        self._read_to(size)
        self._seam = self._before(self._offset)

    def _read_to(self, end: int) -> None:
        while self._offset < end:
            lines, offset = read_lines(self._path, self._offset, CHUNK_BYTES)
            if offset <= self._offset:
                return
            self._offset = offset
            for line in lines:
                self._add(line)

    def _size_of_the_same_file(self) -> int:
        """Returns the file's size, 0 if it cannot be read; drops all events if the file was replaced."""
        try:
            found = self._path.stat()
        except OSError:
            self._reset()
            return 0
        file = f"{found.st_dev} {found.st_ino}".encode()
        if file != self._file or found.st_size < self._offset or self._before(self._offset) != self._seam:
            self._reset()
            self._file = file
        return found.st_size

    def _before(self, offset: int) -> bytes:
        """Returns the last bytes before `offset`; they differ if the file was written again."""
        try:
            with open_regular(self._path) as file:
                return os.pread(file.fileno(), min(offset, SEAM_BYTES), max(offset - SEAM_BYTES, 0))
        except OSError:
            return b""

    def _add(self, line: bytes) -> None:
        record = parse_event(line)
        if record is None or record["stage"] not in STAGES:
            return
        event = Event.from_dict(record)
        self._count += 1
        key = event.stage, KINDS.get(event.kind, "progress")
        self._series.setdefault(key, Series([])).add((self._count, len(line), event))
        if self._series[key].too_many:
            self._fold(event.stage)
        while (series := self._series[key]).too_many:
            self._series[key] = series.newest_half() if key[1] == "mark" else series.thinned()

    def _fold(self, stage: str) -> None:
        """Drops the events of earlier attempts, except those before the step from which the last one resumed."""
        events = [event for event in self._merged() if event.stage == stage]
        last = max((at for at, event in enumerate(events) if is_start(event)), default=0)
        needed = {id(event) for event in [*latest_try(events[:last], stage), *events[last:]]}
        for key, series in self._series.items():
            if key[0] == stage:
                self._series[key] = Series([one for one in series.entries if id(one[2]) in needed])

    def _merged(self) -> list[Event]:
        entries = sorted((one for series in self._series.values() for one in series.entries), key=lambda one: one[0])
        return [event for _, _, event in entries]
