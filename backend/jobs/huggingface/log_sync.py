"""Writes a job's log to the run's folder, each line once, also after broken connections and restarts of the app."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from backend.files import disk_errors
from backend.jobs.logs import LogWriter, clean
from backend.runs import Run, append_event, parse_event, read_lines

MARK = "fgt-event "
"""The prefix of the lines that job_templates/hub_job.py prints for this reader: one JSON event follows."""
MAX_LINES = 5_000
TAIL_BYTES = 256 * 1024
PIECE_BYTES = 256 * 1024
MERGED_EVENTS = 20_000
"""The most events that are added from the job's own file, the newest: about 3 MB of memory."""
NOISE = re.compile(
    r"===== Job started|(?:Resolved|Prepared|Installed|Audited|Uninstalled) \d+ packages? "
    r"|Reading inline script metadata|Using CPython|Creating virtual environment"
    r"|(?:Downloading|Downloaded|Building|Built|Updating|Updated) "
    r"|\s*[+~-] [\w.\[\]-]+==\S+$|warning: Failed to hardlink"
)
"""Lines of uv and the Hub about the start of a job."""


class Seen:
    """The newest 5,000 lines that were received, by time and text; all older lines count as received.

    A replay may contain the same line twice with the same time: such duplicates are counted, not merged.
    """

    def __init__(self) -> None:
        self._received: OrderedDict[str, Counter[str]] = OrderedDict()
        self._replayed: dict[str, Counter[str]] = {}
        self._lines = 0
        self._newest_dropped: datetime | None = None

    def begin_replay(self) -> None:
        """Notes that a new connection sends all lines from the start."""
        self._replayed = {}

    def is_new(self, timestamp: str, digest: str) -> bool:
        """Whether this line was not received before; it counts as received from now on."""
        if self._is_old(timestamp):
            return False
        replayed = self._replayed.setdefault(timestamp, Counter())
        replayed[digest] += 1
        received = self._received.setdefault(timestamp, Counter())
        if replayed[digest] <= received[digest]:
            return False
        self.add(timestamp, digest)
        return True

    def add(self, timestamp: str, digest: str) -> None:
        """Count a line as received."""
        self._received.setdefault(timestamp, Counter())[digest] += 1
        self._lines += 1
        while self._lines > MAX_LINES and len(self._received) > 1:
            oldest, lines = self._received.popitem(last=False)
            self._replayed.pop(oldest, None)
            self._lines -= lines.total()
            moment = _moment(oldest)
            if moment and (self._newest_dropped is None or moment > self._newest_dropped):
                self._newest_dropped = moment

    def _is_old(self, timestamp: str) -> bool:
        if self._newest_dropped is None:
            return False
        moment = _moment(timestamp)
        return moment is not None and moment <= self._newest_dropped


class LogSync:
    """Writes a job's lines to logs/STAGE.log and its events to metrics.jsonl, each once.

    The file logs/STAGE.heard holds time, digest and the log's size after each line. After a crash the log is truncated
    to the last size there, and the next replay brings the lost line again.
    """

    def __init__(self, run: Run, stage: str, secrets: tuple[str, ...] = ()) -> None:
        self.ended = False
        self._run = run
        self._log_path = run.log_path(stage)
        self._seen = Seen()
        with disk_errors(self._log_path):
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            self._reload(seen_lines_path(run, stage))
            self._seen_file: IO[bytes] = seen_lines_path(run, stage).open("ab", buffering=0)
        self._events = _last_lines(run.metrics_path)
        self._log = LogWriter(self._log_path, secrets)
        self._secrets = secrets

    def begin_replay(self) -> None:
        """Notes that a new connection sends all lines from the start."""
        self._seen.begin_replay()

    def take(self, timestamp: str, text: str) -> bool:
        """Adds one line of the job's output: an event, a line of text, or noise. Returns False if it is not new."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        if not self._seen.is_new(timestamp, digest):
            return False
        plain = clean(text, self._secrets)
        begun, mark, json_text = plain.partition(MARK)  # another process can print in the same line
        if mark and (event := parse_event(json_text)) is not None:
            self._take_event(event)
            plain = begun
        if not (NOISE.match(plain) or (mark and not plain)):
            self._log.feed(plain.encode() + b"\n")
        size = self._log_path.stat().st_size
        self._seen_file.write(f"{timestamp}\t{digest}\t{size}\n".encode())
        return True

    def close(self) -> None:
        """Close the files."""
        self._log.close()
        self._seen_file.close()

    def _take_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "job":  # hub_job reports that the log is complete
            self.ended = self.ended or event.get("state") == "ended"
            return
        line = json.dumps(event, sort_keys=True)
        if line not in self._events:
            append_event(self._run.metrics_path, event)

    def _reload(self, path: Path) -> None:
        """Read the lines that an earlier process received; an incomplete last line does not count."""
        whole = size = 0
        while (found := read_lines(path, whole, PIECE_BYTES))[1] > whole:
            lines, whole = found
            for line in lines:
                fields = line.decode("ascii", errors="replace").split("\t")
                if len(fields) == 3 and fields[2].isdecimal():
                    self._seen.add(fields[0], fields[1])
                    size = int(fields[2])
        if path.exists() and path.stat().st_size > whole:
            os.truncate(path, whole)
        if self._log_path.exists() and self._log_path.stat().st_size > size:
            os.truncate(self._log_path, size)


def seen_lines_path(run: Run, stage: str) -> Path:
    """Returns the path of the file that records the received lines of a log."""
    return run.log_path(stage).with_suffix(".heard")


def begin_log(run: Run, stage: str) -> None:
    """Empty the stage's log for a new job."""
    log = run.log_path(stage)
    with disk_errors(log):
        log.parent.mkdir(parents=True, exist_ok=True)
        seen_lines_path(run, stage).unlink(missing_ok=True)
        log.write_bytes(b"")


def merge_events(run: Run, fetched: Path) -> None:
    """Appends the newest events of the job's own file that the log did not contain to the run's metrics.

    Both files are read in pieces.
    """
    missing: OrderedDict[bytes, None] = OrderedDict()
    for digest, _ in _events_in(fetched):
        missing[digest] = None
        if len(missing) > MERGED_EVENTS:
            missing.popitem(last=False)
    for digest, _ in _events_in(run.metrics_path):
        missing.pop(digest, None)
    for digest, event in _events_in(fetched) if missing else ():
        if digest in missing:
            append_event(run.metrics_path, event)
            del missing[digest]


def _last_lines(path: Path) -> set[str]:
    try:
        start = max(path.stat().st_size - TAIL_BYTES, 0)
    except OSError:
        return set()
    events = (parse_event(line.decode("utf-8", errors="replace")) for line in read_lines(path, start, TAIL_BYTES)[0])
    return {json.dumps(event, sort_keys=True) for event in events if event is not None}


def _events_in(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Yields a digest of the normalised text and the event, for each event of a metrics.jsonl."""
    offset = 0
    while (found := read_lines(path, offset, PIECE_BYTES))[1] > offset:
        lines, offset = found
        for line in lines:
            if (event := parse_event(line.decode("utf-8", errors="replace"))) is not None:
                text = json.dumps(event, sort_keys=True)
                yield hashlib.sha256(text.encode(errors="surrogatepass")).digest()[:16], event


def _moment(timestamp: str) -> datetime | None:
    try:
        return datetime.fromisoformat(timestamp)
    except ValueError:
        return None
