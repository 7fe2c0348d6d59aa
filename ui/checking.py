"""What is done with data beside the page: checking it, planning fixes, checking test rows, reviewing labels."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.data import CheckOptions, CheckReport, check_files
from backend.data.changes import FixPlan
from backend.data.fixing import plan_fixes
from backend.data.own_test import check_test_file
from ui.background import Task, Tasks
from ui.data_reviewing import Review, review_rows
from ui.fixes_wanted import Wish, plan_wish


@dataclass(frozen=True, slots=True)
class Data:
    """Two files and what they are checked for."""

    dataset: Path
    tools: Path
    options: CheckOptions

    @property
    def key(self) -> Hashable:
        """What tells this data from any other: what is in the files, wherever they stand."""
        return content(self.dataset), content(self.tools), self.options


class Checker:
    """Runs each kind of work in a thread of its own, and keeps the latest results."""

    def __init__(self) -> None:
        self._checks = Tasks[CheckReport]("check", workers=2)
        self._plans = Tasks[FixPlan]("fix")
        self._tests = Tasks[CheckReport]("test-rows")
        self._reviews = Tasks[Review]("review")

    def check(self, data: Data) -> Task[CheckReport]:
        """The check of the data, started now if it is new."""
        return self._checks.start(
            data.key, lambda task: check_files(data.dataset, data.tools, data.options, task.follow)
        )

    def restart(self) -> None:
        """Forget the checks that were stopped, so that the next look starts them anew."""
        self._checks.drop_stopped()

    def plan(self, data: Data, wish: Wish) -> Task[FixPlan]:
        """What fixing would change, worked out now if it is new."""

        def work(_task: Task[FixPlan]) -> FixPlan:
            return plan_wish(wish, lambda lines: plan_fixes(data.dataset, data.tools, data.options, wish.codes, lines))

        return self._plans.start((data.key, wish), work)

    def test_rows(self, data: Data, report: CheckReport, test: Path) -> Task[CheckReport]:
        """The check of test rows that somebody brought along, started now if it is new."""
        return self._tests.start(
            (data.key, content(test)),
            lambda _task: check_test_file(report.examples, test, data.tools, data.options),
        )

    def review(self, data: Data, report: CheckReport) -> Task[Review]:
        """The search for labels that look wrong, started now if it is new or was stopped."""
        self._reviews.drop_stopped()
        return self._reviews.start(data.key, lambda task: review_rows(report.examples, data.options.seed, task.follow))

    def reviewed(self, data: Data) -> Task[Review] | None:
        """That search, None where nobody asked for it."""
        return self._reviews.get(data.key)


def content(path: Path) -> str:
    """A digest of the file; of a file that is not there, its path."""
    try:
        known = path.stat()
        return _digest(path, known.st_mtime_ns, known.st_size)
    except OSError:
        return str(path)


@lru_cache(maxsize=256)
def _digest(path: Path, _changed: int, _size: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
