"""One doctor's stay in an account: all that it makes there has its word, and is gone when it leaves."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from huggingface_hub import constants

from backend.doctor.hub import notes
from backend.doctor.hub.leftovers import kept_of, remove, repo_of
from backend.jobs.huggingface import RAISED, is_refusal

BLOCKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Visit:
    """Use as a context manager: at its end, however that comes, jobs are cancelled and the repository is deleted.

    `trouble` then says what could not be removed, with its address. With `keeps` the repository has the fixed name, and
    `stays` is True if the login may not delete it, which is no trouble. `removing` is called when a removal begins that
    is no check of its own. `unanswered` is True while something is asked for that the Hub may carry out although its
    answer does not come any more.
    """

    def __init__(
        self, account: str, token: str, *, keeps: bool = False, removing: Callable[[], None] = lambda: None
    ) -> None:
        self.account = account
        self.token = token
        self.word = notes.new_word()
        self.keeps = keeps
        self.repo = kept_of(account) if keeps else repo_of(account, self.word)
        self.stays = False
        self.unanswered = False
        self.trouble: list[str] = []
        self._removing = removing
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
            if self._made:
                self._removing()
            self.clean()
            if not self.trouble:
                notes.drop(self.word)
            if self._lock is not None:
                os.close(self._lock)

    def clean(self) -> None:
        """Remove all that was made; nothing is asked of the Hub if nothing is left."""
        if self._made:
            removal = remove(self.account, self.word, self.token, repo=self.repo, answered=not self.unanswered)
            self.stays = removal.refused and self.keeps
            self.trouble = list(removal.jobs) if self.stays else removal.trouble
            self._made, self.unanswered = bool(self.trouble), False


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back the signals that ask a process to end, until what was made is removed; then the first one counts.

    Python handles signals in its main thread, whichever thread got them: a mask would not hold back all of them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in BLOCKED}
    for number in BLOCKED:
        if before[number] not in (signal.SIG_IGN, None):
            signal.signal(number, lambda got, _frame: came.append(got))
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler not in (signal.SIG_IGN, None):
                signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
