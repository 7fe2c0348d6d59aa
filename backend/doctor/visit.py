"""One doctor's stay in an account: all that it makes there has its word, and is gone when it leaves."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from huggingface_hub import constants

from backend.doctor import notes
from backend.doctor.leftovers import remove, repo_of
from backend.jobs.huggingface.errors import RAISED, is_refusal

BLOCKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Visit:
    """Use as a context manager: at its end, however that comes, jobs are cancelled and the repository is deleted.

    `trouble` then says what could not be removed, with its address. `unanswered` is True while something is asked for
    that the Hub may carry out although its answer does not come any more.
    """

    def __init__(self, account: str, token: str) -> None:
        self.account = account
        self.token = token
        self.word = notes.new_word()
        self.repo = repo_of(account, self.word)
        self.unanswered = False
        self.trouble: list[str] = []
        self._lock: int | None = None
        self._made = False

    @contextmanager
    def asking(self) -> Iterator[None]:
        """The time in which something is asked for that must be removed later."""
        before, self._made, self.unanswered = self._made, True, True
        try:
            yield
        except RAISED as error:
            if is_refusal(error):
                self._made, self.unanswered = before, False
            raise
        self.unanswered = False

    def __enter__(self) -> Visit:
        self._lock = notes.take(self.word, self.account, constants.ENDPOINT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _undisturbed():
            self.clean()
            if not self.trouble:
                notes.drop(self.word)
            if self._lock is not None:
                os.close(self._lock)

    def clean(self) -> None:
        """Remove all that was made; nothing is asked of the Hub if nothing is left."""
        if self._made:
            self.trouble = remove(self.account, self.word, self.token, answered=not self.unanswered)
            self._made, self.unanswered = bool(self.trouble), False


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back the signals that ask a process to end, until what was made is removed."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
