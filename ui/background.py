"""Work beside the page: started, followed, stopped; results are kept for whoever looks again."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backend.errors import InputError
from ui.apart import Stopped

KEPT = 12
UNFORESEEN = "This failed in a way that we did not foresee. The app's own output says more."
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
        """Whether it is under way, and wanted."""
        return self.result is None and self.error is None and not self.stop.is_set()

    def follow(self, fraction: float, doing: str) -> None:
        """Take note of progress; raises Stopped where the work is no longer wanted."""
        if self.stop.is_set():
            raise Stopped
        self.fraction, self.doing = fraction, doing


class Tasks(Generic[Result]):
    """Runs one kind of work in a thread or two, and keeps the latest results; a task is found again by its key."""

    def __init__(self, name: str, workers: int = 1, kept: int = KEPT) -> None:
        self._kept = kept
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._tasks: OrderedDict[Hashable, Task[Result]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Task[Result] | None:
        """The task of that key, None where it was never started."""
        with self._lock:
            return self._tasks.get(key)

    def start(self, key: Hashable, work: Callable[[Task[Result]], Result]) -> Task[Result]:
        """The task of that key, started now if it is new."""
        with self._lock:
            found = self._tasks.pop(key, None)
            task = found or Task[Result]()
            self._tasks[key] = task
            if found is None:
                self._pool.submit(_work, task, work)
                self._forget()
        return task

    def drop(self, key: Hashable) -> Task[Result] | None:
        """Forget the task of that key and return it, None where there is none: only one caller gets it."""
        with self._lock:
            return self._tasks.pop(key, None)

    def drop_stopped(self) -> None:
        """Forget what was stopped, so that the next start begins anew."""
        with self._lock:
            for key in [key for key, task in self._tasks.items() if task.stop.is_set()]:
                del self._tasks[key]

    def _forget(self) -> None:
        ended = [key for key, task in self._tasks.items() if task.done.is_set()]
        for key in ended[: max(0, len(self._tasks) - self._kept)]:
            del self._tasks[key]


def _work(task: Task[Result], work: Callable[[Task[Result]], Result]) -> None:
    try:
        task.follow(0.0, task.doing)
        task.result = work(task)
    except Stopped:
        task.error = "This was stopped."
    except InputError as error:
        task.error = str(error)
    except Exception:  # the thread's end is the last place that can tell: the visitor must not wait for ever
        LOGGER.exception("work beside the page failed")
        task.error = UNFORESEEN
    finally:
        task.done.set()
