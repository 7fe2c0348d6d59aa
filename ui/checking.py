"""Checks of data, run beside the page: started, followed, stopped; results are kept for whoever looks again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from backend.data import CheckOptions, CheckReport, check_files
from backend.errors import InputError

KEPT = 12
Key = tuple[str, int, str, int, CheckOptions]


class Stopped(Exception):
    """The visitor asked for the check to stop."""


@dataclass(slots=True)
class Check:
    """One check: how far it is, and its report or the reason why there is none."""

    fraction: float = 0.0
    doing: str = "Reading the files"
    report: CheckReport | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)

    def follow(self, fraction: float, doing: str) -> None:
        """Take note of progress; raises Stopped where the check is no longer wanted."""
        if self.stop.is_set():
            raise Stopped
        self.fraction, self.doing = fraction, doing


class Checker:
    """Runs checks in a thread or two, and keeps the latest; a check is found again by its files and options."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="check")
        self._checks: OrderedDict[Key, Check] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, dataset: Path, tools: Path, options: CheckOptions) -> Check:
        """The check of these files, started now if it is new."""
        key = (str(dataset), _stamp(dataset), str(tools), _stamp(tools), options)
        with self._lock:
            found = self._checks.pop(key, None)
            check = found or Check()
            self._checks[key] = check
            if found is None:
                self._pool.submit(_work, check, dataset, tools, options)
                self._forget()
        return check

    def restart(self, dataset: Path, tools: Path) -> None:
        """Forget the checks of these files that were stopped, so that the next look starts them anew."""
        with self._lock:
            for key, check in list(self._checks.items()):
                if check.stop.is_set() and (key[0], key[2]) == (str(dataset), str(tools)):
                    del self._checks[key]

    def _forget(self) -> None:
        ended = [key for key, check in self._checks.items() if check.done.is_set()]
        for key in ended[: max(0, len(self._checks) - KEPT)]:
            del self._checks[key]


def _work(check: Check, dataset: Path, tools: Path, options: CheckOptions) -> None:
    try:
        check.report = check_files(dataset, tools, options, check.follow)
    except Stopped:
        check.error = "The check was stopped."
    except InputError as error:
        check.error = str(error)
    finally:
        if check.report is None and check.error is None:
            check.error = "The check failed in a way that we did not foresee. The app's own output says more."
        check.done.set()


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
