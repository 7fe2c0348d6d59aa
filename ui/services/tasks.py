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
from ui.work import Stopped

MOST_RESULTS = 500
WAIT = "This starts by itself as soon as there is room."
UNFORESEEN = "This failed with an unexpected error. The app's log has the details."
LOGGER = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(slots=True)
class Task(Generic[Result]):
    """One piece of work: its progress, and its result or its error."""

    fraction: float = 0.0
    doing: str = ""
    result: Result | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        """Whether the task is running and not stopped."""
        return self.result is None and self.error is None and not self.stop.is_set()

    def follow(self, fraction: float, doing: str) -> None:
        """Record progress. Raises Stopped if the task was stopped."""
        if self.stop.is_set():
            raise Stopped
        self.fraction, self.doing = fraction, doing


@dataclass(slots=True)
class _Entry(Generic[Result]):
    """A task, its owner, the time when it was last read, and the estimated memory of its result in bytes."""

    task: Task[Result]
    owner: str
    seen: float
    bytes: int


class Tasks(Generic[Result]):
    """Runs one kind of work in one or two threads, and stores the latest results by key.

    If the results exceed `budget` or `most`, the least recently used are deleted, but none that was read in the last
    seconds. The owners' tasks run in turn.
    """

    def __init__(self, name: str, workers: int = 1, most: int = MOST_RESULTS, budget: Budget = BUDGET) -> None:
        self._most = most
        self._budget = budget
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._tasks: OrderedDict[Hashable, _Entry[Result]] = OrderedDict()
        self._turns = Turns(workers)
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Task[Result] | None:
        """The task with this key; None if it was never started."""
        with self._lock:
            return self._seen(key)

    def start(
        self, key: Hashable, work: Callable[[Task[Result]], Result], owner: str = "", expected_bytes: int = 0
    ) -> Task[Result]:
        """The task with this key, started now if it is new.

        `owner` is the account that the task counts for, empty for the machine's owner. `expected_bytes` is the memory
        that counts until the result exists. An owner with too many tasks or results gets a task that is not stored;
        its error asks the visitor to wait.
        """
        with self._lock:
            if found := self._seen(key):
                return found
            if refusal := self._refusal(owner, expected_bytes):
                return refused(refusal)
            task = Task[Result]()
            self._tasks[key] = _Entry(task, owner, time.monotonic(), expected_bytes)
            self._turns.add(owner, lambda: self._do(key, task, work))
            self._pool.submit(self._turn)
        return task

    def under_way(self, owner: str) -> Task[Result] | None:
        """The owner's newest task that is neither done nor stopped; None if there is none."""
        with self._lock:
            mine = (entry.task for entry in reversed(self._tasks.values()) if entry.owner == owner)
            return next((task for task in mine if task.active), None)

    def drop(self, key: Hashable) -> Task[Result] | None:
        """Remove the task with this key and return it; only one caller gets it, and the others get None."""
        with self._lock:
            found = self._tasks.pop(key, None)
        return found.task if found else None

    def drop_stopped(self, owner: str | None = None) -> None:
        """Remove the stopped tasks of an owner, or of all, so that the next start runs them again."""
        with self._lock:
            for key, entry in list(self._tasks.items()):
                if entry.task.stop.is_set() and owner in (None, entry.owner):
                    del self._tasks[key]

    def _seen(self, key: Hashable) -> Task[Result] | None:
        entry = self._tasks.get(key)
        if entry is None:
            return None
        entry.seen = time.monotonic()
        self._tasks.move_to_end(key)
        return entry.task

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
            entry = self._tasks.get(key)
            if entry is not None and entry.task is task:
                entry.bytes = measured
            self._forget()

    def _refusal(self, owner: str, expected: int) -> str | None:
        """The reason why the owner may not start another task now; else None."""
        under_way = sum(entry.owner == owner and not entry.task.done.is_set() for entry in self._tasks.values())
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
        """Delete results until the others and `expected` bytes of `owner` fit; returns each owner's bytes."""
        used: Counter[str] = Counter()
        for entry in self._tasks.values():
            used[entry.owner] += entry.bytes
        total, recent = used.total() + expected, time.monotonic() - self._budget.recent_seconds
        for key, entry in list(self._tasks.items()):
            if not entry.task.done.is_set() or entry.seen > recent:
                continue
            share = used[entry.owner] + (expected if entry.owner == owner else 0)
            too_much = share > self._budget.share_of(entry.owner) or total > self._budget.bytes
            if too_much or len(self._tasks) > self._most:
                del self._tasks[key]
                used[entry.owner] -= entry.bytes
                total -= entry.bytes
        return used


def refused(why: str) -> Task[Any]:
    """A task that has ended with this reason."""
    task = Task[Any](error=why)
    task.done.set()
    return task


def _work(task: Task[Result], work: Callable[[Task[Result]], Result]) -> int:
    """Do the work, and return the estimated memory of its result in bytes."""
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
    except BaseException:  # a library can raise anything, and the visitor must not wait forever
        LOGGER.exception("a background task failed")
        task.error = UNFORESEEN
    finally:
        task.done.set()
    return size
