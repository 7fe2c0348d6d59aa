"""Reads a job's log over connections that can break, stay silent, or never end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
from huggingface_hub import constants
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

from backend.event_lines import LONGEST_LINE, lines_of
from backend.jobs.huggingface.errors import RAISED, status
from backend.jobs.huggingface.log_sync import LogSync

KEEP_ALIVE_SECONDS = 30.0
"""The interval of the Hub's keep-alive messages if there are no lines (huggingface_hub 2.4.0, fetch_job_logs)."""


def log_lines(namespace: str, job_id: str, token: str, silence_seconds: float) -> Iterator[tuple[str, str] | None]:
    """Yields the time and text of each line, from the job's first line on, and None for a keep-alive message.

    Ends when the server closes the connection, or after `silence_seconds` without data. Raises the errors of the Hub's
    client (errors.RAISED); the caller connects again.
    """
    url = f"{constants.ENDPOINT}/api/jobs/{quote(namespace)}/{quote(job_id)}/logs"
    headers = {**build_hf_headers(token=token), "Accept-Encoding": "identity"}
    timeout = httpx2.Timeout(silence_seconds, connect=10.0)
    with get_session().stream("GET", url, headers=headers, timeout=timeout) as response:
        if response.status_code != 200:
            response.read()
        hf_raise_for_status(response)
        try:
            for line in lines_of(response.iter_bytes()):
                yield _parsed(line)
        except httpx2.ReadTimeout:
            return


def _parsed(line: str) -> tuple[str, str] | None:
    if not line.startswith("data: {") or len(line) > LONGEST_LINE:
        return None
    try:
        event = json.loads(line.removeprefix("data: "))
    except ValueError:
        return None
    text, timestamp = event.get("data"), event.get("timestamp")
    return (timestamp, text) if isinstance(text, str) and isinstance(timestamp, str) else None


IDLE_DRAINS = 5
"""After this many replays without a new line an ended log counts as complete, because a replay can be cut off."""


@dataclass(frozen=True, slots=True)
class LogTimeouts:
    """The time limits for reading a job's log, in seconds.

    A connection is closed after `silence` without data. While one is open, the job is inspected every `inspect`,
    because a log can stay open after the job's end. The connection of an ended job is closed after `drain_silence`
    without a line, also if keep-alive messages arrive; its log is read for at most `drain`.
    """

    silence: float = KEEP_ALIVE_SECONDS + 5
    inspect: float = 60.0
    drain_silence: float = 5.0
    drain: float = 300.0


class LogReader:
    """Reads a job's lines into a LogSync.

    `token` returns the newest login, `pause` waits and raises an exception if the follower was stopped, and `on_line`
    is called after each new line.
    """

    def __init__(
        self,
        log_sync: LogSync,
        namespace: str,
        job_id: str,
        timeouts: LogTimeouts,
        token: Callable[[], str],
        pause: Callable[[float], None],
        on_line: Callable[[], None],
    ) -> None:
        self._log_sync = log_sync
        self._namespace = namespace
        self._job_id = job_id
        self._timeouts = timeouts
        self._token = token
        self._pause = pause
        self._on_line = on_line
        self._idle = 0

    def read_live(self, runs: Callable[[], bool]) -> None:
        """Reads the log's lines until the connection ends or `runs` returns False, called at the interval `inspect`.

        Raises the errors of the Hub's client (errors.RAISED).
        """
        inspected = time.monotonic()
        for _ in self._items(self._timeouts.silence):
            if time.monotonic() - inspected < self._timeouts.inspect:
                continue
            if not runs():
                return
            inspected = time.monotonic()

    def drain(self, longest_pause: float, idle_drains: int = IDLE_DRAINS) -> None:
        """Reads the log of an ended job until its last event is in it, or until several replays bring nothing new."""
        self._idle, deadline = 0, time.monotonic() + self._timeouts.drain
        while not self._log_sync.ended and self._idle < idle_drains and time.monotonic() < deadline:
            self._idle += 1
            try:
                self._read_rest(deadline)
            except RAISED as error:
                if status(error) == 404:  # the log is deleted; the results may still be there
                    return
            self._pause(min(2.0**self._idle * 0.1, longest_pause))

    def _read_rest(self, deadline: float) -> None:
        """Reads an ended job's lines until the connection ends, no more lines come, or the deadline passes."""
        silence, last_line = self._timeouts.drain_silence, time.monotonic()
        for is_line in self._items(silence):
            now = time.monotonic()
            last_line = now if is_line else last_line
            if now >= deadline or now - last_line >= silence:
                return

    def _items(self, silence_seconds: float) -> Iterator[bool]:
        """Reads the log's lines when they arrive; yields True for a line and False for a keep-alive message."""
        self._log_sync.begin_replay()
        for line in log_lines(self._namespace, self._job_id, self._token(), silence_seconds):
            self._pause(0.0)
            if line is not None and self._log_sync.take(*line):
                self._idle = 0
                self._on_line()
            yield line is not None
