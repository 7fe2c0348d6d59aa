"""Follows jobs on Hugging Face: one background thread for each active job writes its progress to the run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from backend.jobs.huggingface.follow import Follower
from backend.jobs.huggingface.log_stream import LogTimeouts
from backend.jobs.huggingface.submission import SEARCH_DELAYS
from backend.jobs.states import read_state
from backend.runs import Run

POLL_SECONDS = 5.0
LOG_TIMEOUTS = LogTimeouts()
MAX_FOLLOWED = 150
"""The maximum number of jobs of one account that are followed at the same time; further jobs wait."""


class Watchers:
    """The threads that follow jobs; repeated calls of `watch` follow a job only once.

    A thread ends with its job, with the app, or when the login stays refused. The job itself continues, and `watch`
    follows it again; after a refusal it needs another token. `poll_seconds` is the interval between requests for the
    state of a waiting job. `search_delays` are the seconds before each search for a job whose submission was
    interrupted. `log_timeouts` are the time limits for reading a log.
    """

    def __init__(
        self,
        poll_seconds: float = POLL_SECONDS,
        search_delays: Sequence[float] = SEARCH_DELAYS,
        log_timeouts: LogTimeouts = LOG_TIMEOUTS,
    ) -> None:
        self._poll_seconds = poll_seconds
        self._search_delays = search_delays
        self._log_timeouts = log_timeouts
        self._lock = threading.Lock()
        self._followers: dict[tuple[Path, str], tuple[Follower, threading.Thread]] = {}

    def watch(self, run: Run, stage: str, token: str) -> None:
        """Follows the stage's job until it ends, with the newest token; does nothing if the job is not active."""
        state = read_state(run, stage)
        if state is None or not state.active or not state.remote:
            return
        key = (run.path, stage)
        with self._lock:
            self._followers = {known: pair for known, pair in self._followers.items() if _matters(*pair)}
            if key in self._followers:
                follower, thread = self._followers[key]
                if thread.is_alive():
                    follower.token = token
                    return
                if follower.refused == token:  # the Hub would refuse the same login again
                    return
            if self._followed(run.path.parent) >= MAX_FOLLOWED:
                return
            follower = Follower(run, stage, token, self._poll_seconds, self._search_delays, self._log_timeouts)
            thread = threading.Thread(target=follower.follow, name=f"watch-{run.id}-{stage}", daemon=True)
            self._followers[key] = follower, thread
            thread.start()

    def forget(self, token: str) -> None:
        """Ends the threads that use this login; the jobs continue."""
        with self._lock:
            for follower, _ in self._followers.values():
                if follower.token == token:
                    follower.stop()

    def _followed(self, store: Path) -> int:
        """Returns the number of followed jobs of a store's runs."""
        return sum(path.parent == store and pair[1].is_alive() for (path, _), pair in self._followers.items())

    def watching(self, run: Run, stage: str) -> bool:
        """Whether a thread follows the stage's job."""
        with self._lock:
            pair = self._followers.get((run.path, stage))
        return pair is not None and pair[1].is_alive()

    def stop(self, wait_seconds: float = 5.0) -> None:
        """Ends all threads; the jobs continue."""
        with self._lock:
            pairs = list(self._followers.values())
        for follower, _ in pairs:
            follower.stop()
        for _, thread in pairs:
            thread.join(wait_seconds)


def _matters(follower: Follower, thread: threading.Thread) -> bool:
    """Whether the follower is still needed: its thread runs, or it records the refused login."""
    return thread.is_alive() or follower.refused is not None
