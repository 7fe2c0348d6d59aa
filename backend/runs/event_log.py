"""What the page needs of a run's metrics.jsonl, in bounded memory however large the file is."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from backend.files import open_regular
from backend.runs.event import Event
from backend.runs.events import parse_event, read_lines


def latest_try(events: Sequence[Event], stage: str) -> list[Event]:
    """The stage's events since it was last started; where a training went on, those that led there stand before."""
    found: list[Event] = []
    before: list[Event] = []
    resumed = True  # before the first start there is nothing to go on from
    for event in events:
        if event.stage != stage:
            continue
        if is_start(event):
            before, found, resumed = found, [], False
        found.append(event)
        if event.kind == "resume" and not resumed:
            resumed = True
            found[1:1] = [one for one in before if _led_to(one, event)]
    return found


def is_start(event: Event) -> bool:
    """Whether a stage began with this event."""
    return event.kind == "stage" and event.state == "started"


def _led_to(event: Event, resume: Event) -> bool:
    last = resume.step or 0
    return event.kind in ("step", "eval") and (event.step or 0) <= last > 0


STAGES = ("train", "evaluate", "export")
CHUNK_BYTES = 256 * 1024
HEAD_BYTES = 1024 * 1024
TAIL_BYTES = 16 * 1024 * 1024
"""What is read of a file that grew by more since the last reading: its head, if it is new, and its tail."""
MOST_EVENTS = 1_200
MOST_BYTES = 256 * 1024
"""What is kept of one kind of event of one stage; over that, evenly spread events are dropped, never the newest."""
SEAM_BYTES = 64
KINDS = {"step": "step", "eval": "eval", "stage": "mark", "resume": "mark"}
SavedState = tuple[int, int, Event]
"""An event, behind its number in the file and its length there in bytes."""


class Series:
    """The events of one kind of one stage, oldest first."""

    def __init__(self, kept: list[SavedState]) -> None:
        self.kept = kept
        self._bytes = sum(size for _, size, _ in kept)

    def add(self, one: SavedState) -> None:
        """Take the newest event."""
        self.kept.append(one)
        self._bytes += one[1]

    @property
    def too_many(self) -> bool:
        """Whether some have to go; the newest never has to."""
        return len(self.kept) > MOST_EVENTS or (len(self.kept) > 1 and self._bytes > MOST_BYTES)

    def newest_half(self) -> Series:
        """The newer half of the events."""
        return Series(self.kept[(len(self.kept) + 1) // 2 :])

    def thinned(self) -> Series:
        """Half as many events or fewer, evenly spread over the file, the newest among them."""
        first, last = self.kept[0][0], self.kept[-1][0]
        parts = min(MOST_EVENTS, len(self.kept)) // 2
        return Series(list({(one[0] - first) * parts // (last - first + 1): one for one in self.kept}.values()))


class EventLog:
    """One run's events, read on from where the last reading ended. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._begin_anew()

    def read(self) -> tuple[Event, ...]:
        """The events of the run's stages as they stand in the file now, thinned out if there are very many."""
        with self._lock:
            self._read_on()
            return tuple(self._merged())

    def _begin_anew(self) -> None:
        self._kept: dict[tuple[str, str], Series] = {}
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
                self._take(line)

    def _size_of_the_same_file(self) -> int:
        """The file's size, 0 if it cannot be read; what is known is forgotten if another file stands there now."""
        try:
            found = self._path.stat()
        except OSError:
            self._begin_anew()
            return 0
        file = f"{found.st_dev} {found.st_ino}".encode()
        if file != self._file or found.st_size < self._offset or self._before(self._offset) != self._seam:
            self._begin_anew()
            self._file = file
        return found.st_size

    def _before(self, offset: int) -> bytes:
        """The last bytes before `offset`: others stand there if the file was written anew."""
        try:
            with open_regular(self._path) as file:
                return os.pread(file.fileno(), min(offset, SEAM_BYTES), max(offset - SEAM_BYTES, 0))
        except OSError:
            return b""

    def _take(self, line: bytes) -> None:
        said = parse_event(line)
        if said is None or said["stage"] not in STAGES:
            return
        event = Event.from_dict(said)
        self._count += 1
        key = event.stage, KINDS.get(event.kind, "progress")
        self._kept.setdefault(key, Series([])).add((self._count, len(line), event))
        if self._kept[key].too_many:
            self._fold(event.stage)
        while (series := self._kept[key]).too_many:
            self._kept[key] = series.newest_half() if key[1] == "mark" else series.thinned()

    def _fold(self, stage: str) -> None:
        """Drop what belongs to tries before the last one and did not lead to it."""
        events = [event for event in self._merged() if event.stage == stage]
        last = max((at for at, event in enumerate(events) if is_start(event)), default=0)
        wanted = {id(event) for event in [*latest_try(events[:last], stage), *events[last:]]}
        for key, series in self._kept.items():
            if key[0] == stage:
                self._kept[key] = Series([one for one in series.kept if id(one[2]) in wanted])

    def _merged(self) -> list[Event]:
        kept = sorted((one for series in self._kept.values() for one in series.kept), key=lambda one: one[0])
        return [event for _, _, event in kept]
