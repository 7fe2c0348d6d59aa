"""Listening to a job's log over connections that break, stay silent, or never end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

import httpx2
from huggingface_hub import constants
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

from backend.jobs.huggingface.errors import RAISED, status
from backend.jobs.huggingface.log_sync import Journal

KEEP_ALIVE_SECONDS = 30.0
"""The Hub sends a sign of life this often where there is nothing to say (huggingface_hub 2.4.0, fetch_job_logs)."""
LONGEST_LINE = 256 * 1024


def log_lines(namespace: str, job_id: str, token: str, silence_seconds: float) -> Iterator[tuple[str, str] | None]:
    """Time and text of each line from the job's first, then as they come; None for a sign of life.

    Ends when the server ends it, or after so many seconds of silence. The client's own errors come through: one 502
    ends its own follower, so whoever reads here asks again.
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


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of a stream as they come; of one that is too long nothing is kept but that it was there, as ""."""
    begun, dropping = bytearray(), False
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            line = b"" if dropping or len(begun) + len(part) > LONGEST_LINE else bytes(begun) + part
            begun.clear()
            dropping = False
            yield line.decode("utf-8", errors="replace").removesuffix("\r")
        dropping = dropping or len(begun) + len(rest) > LONGEST_LINE
        begun = bytearray() if dropping else begun + rest


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
"""How often in a row an ended job's log may bring nothing new: a replay may be cut, or shorter than the one before."""


@dataclass(frozen=True, slots=True)
class Listening:
    """How long a job's log is listened to, in seconds.

    A connection is given up after `silence`. While one is open, the job is inspected every `inspect`, because a log may
    stay open for ever after the job's end. An ended job's connection is given up when no line comes for
    `drain_silence`, whatever signs of life come, and its log is read for `drain` at most.
    """

    silence: float = KEEP_ALIVE_SECONDS + 5
    inspect: float = 60.0
    drain_silence: float = 5.0
    drain: float = 300.0


class Listener:
    """Puts a job's lines into its journal.

    `token` is asked for the newest login, `pause` waits and raises if the follower was stopped, and `heard` is called
    after each new line.
    """

    def __init__(
        self,
        journal: Journal,
        namespace: str,
        job_id: str,
        waits: Listening,
        token: Callable[[], str],
        pause: Callable[[float], None],
        heard: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._namespace = namespace
        self._job_id = job_id
        self._waits = waits
        self._token = token
        self._pause = pause
        self._heard = heard
        self._idle = 0

    def listen(self, runs: Callable[[], bool]) -> None:
        """Take the log's lines until the connection ends, or `runs`, asked now and then, says that the job ended.

        Raises what the Hub's client raises (errors.RAISED).
        """
        asked = time.monotonic()
        for _ in self._signs(self._waits.silence):
            if time.monotonic() - asked < self._waits.inspect:
                continue
            if not runs():
                return
            asked = time.monotonic()

    def drain(self, longest_pause: float, idle_drains: int = IDLE_DRAINS) -> None:
        """Read the ended job's log again until its own last word is in it, or it brings nothing new several times."""
        self._idle, deadline = 0, time.monotonic() + self._waits.drain
        while not self._journal.ended and self._idle < idle_drains and time.monotonic() < deadline:
            self._idle += 1
            try:
                self._read_out(deadline)
            except RAISED as error:
                if status(error) == 404:  # a log that is gone is no reason not to go on
                    return
            self._pause(min(2.0**self._idle * 0.1, longest_pause))

    def _read_out(self, deadline: float) -> None:
        """Take an ended job's lines until the connection ends, no more lines come, or the deadline."""
        silence, last_line = self._waits.drain_silence, time.monotonic()
        for is_line in self._signs(silence):
            now = time.monotonic()
            last_line = now if is_line else last_line
            if now >= deadline or now - last_line >= silence:
                return

    def _signs(self, silence_seconds: float) -> Iterator[bool]:
        """Take the log's lines as they come; each item is True for a line and False for a sign of life."""
        self._journal.begin_replay()
        for line in log_lines(self._namespace, self._job_id, self._token(), silence_seconds):
            self._pause(0.0)
            if line is not None and self._journal.take(*line):
                self._idle = 0
                self._heard()
            yield line is not None
