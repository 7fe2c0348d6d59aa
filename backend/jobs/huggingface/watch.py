"""Following jobs on Hugging Face: one background thread for each that lives, which writes what it hears to the run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from backend.jobs.huggingface.follow import Follower
from backend.jobs.huggingface.log_stream import Listening
from backend.jobs.huggingface.submission import LOOKS_SECONDS
from backend.jobs.states import read_state
from backend.runs import Run

POLL_SECONDS = 5.0
LISTENING = Listening()
MOST_FOLLOWED = 150
"""Jobs of one account that are followed at once: the next is when one of them has ended."""


class Watchers:
    """The threads that follow jobs; ask `watch` as often as you like, a job is followed once.

    A thread ends with its job, with the app, or when the login stays refused; the job itself goes on, and `watch` takes
    it up again, after a refusal with another token. `poll_seconds` is how often a job that waits is asked after,
    `looks` when one is looked for whose submission was cut off: the seconds before each look. `listening` is how long
    a job's log is listened to.
    """

    def __init__(
        self,
        poll_seconds: float = POLL_SECONDS,
        looks: Sequence[float] = LOOKS_SECONDS,
        listening: Listening = LISTENING,
    ) -> None:
        self._poll_seconds = poll_seconds
        self._looks = looks
        self._listening = listening
        self._lock = threading.Lock()
        self._followers: dict[tuple[Path, str], tuple[Follower, threading.Thread]] = {}

    def watch(self, run: Run, stage: str, token: str) -> None:
        """Follow the stage's job until it ends, with the newest token given; nothing where it is not alive."""
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
                if follower.refused == token:  # asking again with the same login would be refused again
                    return
            if self._followed(run.path.parent) >= MOST_FOLLOWED:
                return
            follower = Follower(run, stage, token, self._poll_seconds, self._looks, self._listening)
            thread = threading.Thread(target=follower.follow, name=f"watch-{run.id}-{stage}", daemon=True)
            self._followers[key] = follower, thread
            thread.start()

    def forget(self, token: str) -> None:
        """End the threads that use this login; the jobs go on."""
        with self._lock:
            for follower, _ in self._followers.values():
                if follower.token == token:
                    follower.stop()

    def _followed(self, store: Path) -> int:
        """The jobs of a store's runs that are followed now."""
        return sum(path.parent == store and pair[1].is_alive() for (path, _), pair in self._followers.items())

    def watching(self, run: Run, stage: str) -> bool:
        """Whether a thread follows the stage's job."""
        with self._lock:
            pair = self._followers.get((run.path, stage))
        return pair is not None and pair[1].is_alive()

    def stop(self, wait_seconds: float = 5.0) -> None:
        """End all threads; the jobs go on."""
        with self._lock:
            pairs = list(self._followers.values())
        for follower, _ in pairs:
            follower.stop()
        for _, thread in pairs:
            thread.join(wait_seconds)


def _matters(follower: Follower, thread: threading.Thread) -> bool:
    """Whether a follower is to be remembered: it works, or it says which login was refused."""
    return thread.is_alive() or follower.refused is not None
