"""Work on data, started and found again: checks, planned fixes, test rows, reviews."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from backend.data import CheckReport
from backend.data.changes import FixPlan
from ui.apart import run_apart
from ui.background import Task, Tasks
from ui.data_reviewing import Review, review_rows
from ui.data_work import Data, check, check_tests, content, is_large, plan
from ui.fixes_wanted import Wish

Result = TypeVar("Result")


class Checker:
    """Runs each kind of work in a thread of its own, what is large in a process, and keeps the latest results."""

    def __init__(self) -> None:
        self._checks = Tasks[CheckReport]("check", workers=2)
        self._plans = Tasks[FixPlan]("fix")
        self._tests = Tasks[CheckReport]("test-rows")
        self._reviews = Tasks[Review]("review")

    def check(self, data: Data) -> Task[CheckReport]:
        """The check of the data, started now if it is new."""
        return self._checks.start(data.key, _work(data.large, check, data))

    def restart(self) -> None:
        """Forget the checks that were stopped, so that the next look starts them anew."""
        self._checks.drop_stopped()

    def plan(self, data: Data, wish: Wish) -> Task[FixPlan]:
        """What fixing would change, worked out now if it is new."""
        return self._plans.start((data.key, wish), _work(data.large, plan, data, wish))

    def test_rows(self, data: Data, report: CheckReport, test: Path) -> Task[CheckReport]:
        """The check of test rows that somebody brought along, started now if it is new."""
        work = _work(data.large or is_large(test), check_tests, data, report.examples, test)
        return self._tests.start((data.key, content(test)), work)

    def review(self, data: Data, report: CheckReport) -> Task[Review]:
        """The search for labels that look wrong, started now if it is new or was stopped.

        Always in a process: scikit-learn cannot be asked to stop.
        """
        self._reviews.drop_stopped()
        return self._reviews.start(data.key, _work(True, review_rows, report.examples, data.options.seed))

    def reviewed(self, data: Data) -> Task[Review] | None:
        """That search, None where nobody asked for it."""
        return self._reviews.get(data.key)


def _work(large: bool, work: Callable[..., Result], *arguments: Any) -> Callable[[Task[Result]], Result]:
    """The work, here or in another process."""

    def run(task: Task[Result]) -> Result:
        if large:
            return run_apart(work, arguments, task.follow, task.stop)
        return work(*arguments, task.follow)

    return run
