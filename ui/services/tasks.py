"""Background tasks: started, followed and stopped; their results are stored for later polls."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from backend.errors import InputError
from ui.services.fair_queue import BUDGET, Budget, Turns, memory_of
from ui.services.subprocess_work import Stopped

KEPT = 500
WAIT = "This starts by itself as soon as there is room."
UNFORESEEN = "This failed with an unexpected error. The app's log has the details."
LOGGER = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(slots=True)
class Task(Generic[Result]):
    """One piece of work: how far it is, and its result or the reason why there is none."""

    fraction: float = 0.0
    doing: str = ""
    result: Result | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Whether it is running and not stopped."""
        return self.result is None and self.error is None and not self.stop.is_set()

    def follow(self, fraction: float, doing: str) -> None:
        """Record progress. Raises Stopped if the task was stopped."""
        if self.stop.is_set():
            raise Stopped
        self.fraction, self.doing = fraction, doing


@dataclass(slots=True)
class _Entry(Generic[Result]):
    """A task, who began it, when it was last looked at, and about how many bytes of memory its result takes."""

    task: Task[Result]
    owner: str
    seen: float
    bytes: int


class Tasks(Generic[Result]):
    """Runs one kind of work in a thread or two, and keeps the latest results; a task is found again by its key.

    Results are kept while they fit into `budget`, the least recently used go first, and what was looked at in the last
    seconds stays. Owners take turns. `kept` is how many results are kept at most.
    """

    def __init__(self, name: str, workers: int = 1, kept: int = KEPT, budget: Budget = BUDGET) -> None:
        self._most = kept
        self._budget = budget
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._tasks: OrderedDict[Hashable, _Entry[Result]] = OrderedDict()
        self._turns = Turns(workers)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Task[Result] | None:
        """The task of that key, None where it was never started."""
        with self._lock:
            return self._seen(key)

    def start(
        self, key: Hashable, work: Callable[[Task[Result]], Result], owner: str = "", expected_bytes: int = 0
    ) -> Task[Result]:
        """The task of that key, started now if it is new.

        `owner` is who answers for it, empty for whoever owns the machine; `expected_bytes` counts until the result is
        there. An owner who has too much under way or kept gets a task that is not kept and whose error says to wait.
        """
        with self._lock:
            if found := self._seen(key):
                return found
            if refusal := self._refusal(owner, expected_bytes):
                return _refused(refusal)
            task = Task[Result]()
            self._tasks[key] = _Entry(task, owner, time.monotonic(), expected_bytes)
            self._turns.add(owner, lambda: self._do(key, task, work))
            self._pool.submit(self._turn)
        return task

    def drop(self, key: Hashable) -> Task[Result] | None:
        """Forget the task of that key and return it, None where there is none: only one caller gets it."""
        with self._lock:
            found = self._tasks.pop(key, None)
        return found.task if found else None

    def drop_stopped(self, owner: str | None = None) -> None:
        """Forget what was stopped, an owner's or everybody's, so that the next start begins anew."""
        with self._lock:
            for key, kept in list(self._tasks.items()):
                if kept.task.stop.is_set() and owner in (None, kept.owner):
                    del self._tasks[key]

    def _seen(self, key: Hashable) -> Task[Result] | None:
        kept = self._tasks.get(key)
        if kept is None:
            return None
        kept.seen = time.monotonic()
        self._tasks.move_to_end(key)
        return kept.task

    def _turn(self) -> None:
        with self._lock:
            turn = self._turns.take()
        if turn is None:
            return
        owner, do = turn
        try:
            do()
        finally:
            with self._lock:
                again = self._turns.end(owner)
            if again:
                self._pool.submit(self._turn)

    def _do(self, key: Hashable, task: Task[Result], work: Callable[[Task[Result]], Result]) -> None:
        measured = _work(task, work)
        with self._lock:
            kept = self._tasks.get(key)
            if kept is not None and kept.task is task:
                kept.bytes = measured
            self._forget()

    def _refusal(self, owner: str, expected: int) -> str | None:
        """Why the owner may not begin something more now; None if they may."""
        under_way = sum(kept.owner == owner and not kept.task.done.is_set() for kept in self._tasks.values())
        if under_way >= self._budget.pending_of(owner):
            return f"{WAIT} You have {under_way} tasks running here."
        used = self._forget(expected, owner)
        mine, everybodys = used[owner], used.total()
        if (mine and mine + expected > self._budget.share_of(owner)) or (
            everybodys and everybodys + expected > self._budget.bytes
        ):
            return f"{WAIT} Too much data is open at once: close other pages of this app."
        return None

    def _forget(self, expected: int = 0, owner: str | None = None) -> Counter[str]:
        """Forget results until the others fit, and `expected` more bytes of `owner`; returns each owner's bytes."""
        used: Counter[str] = Counter()
        for kept in self._tasks.values():
            used[kept.owner] += kept.bytes
        total, recent = used.total() + expected, time.monotonic() - self._budget.recent_seconds
        for key, kept in list(self._tasks.items()):
            if not kept.task.done.is_set() or kept.seen > recent:
                continue
            share = used[kept.owner] + (expected if kept.owner == owner else 0)
            too_much = share > self._budget.share_of(kept.owner) or total > self._budget.bytes
            if too_much or len(self._tasks) > self._most:
                del self._tasks[key]
                used[kept.owner] -= kept.bytes
                total -= kept.bytes
        return used


def _refused(why: str) -> Task[Any]:
    task = Task[Any](error=why)
    task.done.set()
    return task


def _work(task: Task[Result], work: Callable[[Task[Result]], Result]) -> int:
    """Do the work, and return about how many bytes of memory its result takes."""
    size = 0
    try:
        task.follow(0.0, task.doing)
        result = work(task)
        size = memory_of(result)
        task.result = result
    except Stopped:
        task.error = "This was stopped."
    except InputError as error:
        task.error = str(error)
    except BaseException:  # including a library's panic: the visitor must not wait for ever
        LOGGER.exception("work beside the page failed")
        task.error = UNFORESEEN
    finally:
        task.done.set()
    return size
