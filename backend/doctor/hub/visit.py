"""The visit of one doctor to an account: all objects that it makes have its word, and are removed at the end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from huggingface_hub import constants

from backend.doctor.hub import notes
from backend.doctor.hub.leftovers import fixed_repo_of, remove, repo_of
from backend.jobs.huggingface import RAISED, is_refusal

BLOCKED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Visit:
    """A context manager that cancels the jobs and deletes the repository at its end, also after an error.

    `problems` are then the messages about what could not be removed. With `reuses` the repository has the fixed name;
    `stays` is True if the login may not delete it, which is not a problem. `removing` is called when a removal begins
    that is not a check. `unanswered` is True while it is unknown whether the Hub carried out the last request.
    """

    def __init__(
        self, account: str, token: str, *, reuses: bool = False, removing: Callable[[], None] = lambda: None
    ) -> None:
        self.account = account
        self.token = token
        self.word = notes.new_word()
        self.reuses = reuses
        self.repo = fixed_repo_of(account) if reuses else repo_of(account, self.word)
        self.stays = False
        self.unanswered = False
        self.problems: list[str] = []
        self._removing = removing
        self._lock: int | None = None
        self._made = False

    @contextmanager
    def requesting(self) -> Iterator[None]:
        """A context in which an object is requested that must be removed later."""
        before, self._made, self.unanswered = self._made, True, True
        try:
            yield
        except RAISED as error:
            if is_refusal(error):
                self._made, self.unanswered = before, False
            raise
        self.unanswered = False

    def __enter__(self) -> Visit:
        self._lock = notes.write_note(self.word, self.account, constants.ENDPOINT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _delayed_signals():
            if self._made:
                self._removing()
            self.clean()
            if not self.problems:
                notes.remove_note(self.word)
            if self._lock is not None:
                os.close(self._lock)

    def clean(self) -> None:
        """Removes all objects of the visit; sends no request if there are none."""
        if self._made:
            removal = remove(self.account, self.word, self.token, repo=self.repo, answered=not self.unanswered)
            self.stays = removal.refused and self.reuses
            self.problems = list(removal.jobs) if self.stays else removal.problems
            self._made, self.unanswered = bool(self.problems), False


@contextmanager
def _delayed_signals() -> Iterator[None]:
    """Delays the signals that end a process until the objects are removed; then raises the first one again.

    Python handles all signals in its main thread, so a signal mask of one thread would not delay all of them.
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
