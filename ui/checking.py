"""What is done with data beside the page: checking it, planning fixes, checking test rows, reviewing labels."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
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
        """What tells this data, at this moment, from any other."""
        return str(self.dataset), _stamp(self.dataset), str(self.tools), _stamp(self.tools), self.options


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
            (data.key, str(test), _stamp(test)),
            lambda _task: check_test_file(report.examples, test, data.tools, data.options),
        )

    def review(self, data: Data, report: CheckReport) -> Task[Review]:
        """The search for labels that look wrong, started now if it is new or was stopped."""
        self._reviews.drop_stopped()
        return self._reviews.start(data.key, lambda task: review_rows(report.examples, data.options.seed, task.follow))

    def reviewed(self, data: Data) -> Task[Review] | None:
        """That search, None where nobody asked for it."""
        return self._reviews.get(data.key)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
