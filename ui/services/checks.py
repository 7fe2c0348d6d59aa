"""Starts and finds tasks on data: checks, planned fixes, test rows, reviews."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from backend.data import CheckReport
from backend.data.editing import Edited, EditRequest, Form, Place
from backend.data.imports import GivenFile, ImportedSet
from backend.data.rows import LabelErrorReport, find_label_errors
from backend.data.similarity import near_groups
from backend.data.text import FixPlan, rows_by_message
from backend.errors import InputError
from backend.off_topic import ChosenMessages
from backend.records import Example
from backend.tokens import STARTER
from ui.services.tasks import WAIT, Task, Tasks
from ui.work import (
    Bounds,
    Data,
    FixRequest,
    ReportProgress,
    TooMuch,
    check,
    check_tests,
    choose,
    content,
    edit_part,
    is_large,
    is_packed,
    open_part,
    plan,
    read_files,
    run_apart,
)


@dataclass(frozen=True)
class Review:
    """A review's result: `groups` are rows with nearly the same message, largest first.

    `problem` is the reason why no label was reviewed, else empty.
    """

    suspects: LabelErrorReport | None
    problem: str
    groups: tuple[tuple[Example, ...], ...]


def review_rows(examples: Sequence[Example], seed: int, report: ReportProgress) -> Review:
    """Group the near-duplicates and cross-validate the classifier."""
    report(0.0, "Comparing the messages with each other")
    groups = _groups(examples)
    report(0.2, "Cross-validating a simple classifier")
    try:
        suspects, problem = find_label_errors(examples, seed), ""
    except InputError as error:
        suspects, problem = None, str(error)
    report(1.0, "Done")
    return Review(suspects, problem, groups)


def _groups(examples: Sequence[Example]) -> tuple[tuple[Example, ...], ...]:
    by_normal = rows_by_message(example.message for example in examples)
    grouped: dict[int, list[Example]] = defaultdict(list)
    for group, positions in zip(near_groups(list(by_normal)).group, by_normal.values(), strict=True):
        grouped[group] += [examples[at] for at in positions]
    found = [tuple(sorted(rows, key=lambda row: row.line)) for rows in grouped.values() if len(rows) > 1]
    return tuple(sorted(found, key=lambda rows: (-len(rows), rows[0].line)))


BOUNDS = Bounds(seconds=180.0, bytes=6 * 1024**3)
"""Limits for work that hangs; the check of the largest file needs less."""
IMPORT_BOUNDS = Bounds(seconds=90.0, bytes=4 * 1024**3)
"""Limits for the reading of uploaded files: a file can be made to expand."""
UNREADABLE = (
    "{names} took too much time or memory to read. Save the rows as CSV or JSONL, keep those that differ most, and "
    "upload them again."
)
UNCOUNTED = "The tokenizer of {base} took too long, too much memory, or is damaged. Check the model, or use another."
TOO_LONG = "This took more than {seconds:.0f} seconds, so it was stopped. Use fewer or shorter rows."
LOGGER = logging.getLogger(__name__)
Result = TypeVar("Result")


class Checker:
    """Runs each kind of work in its own thread, large work in a process, and stores the latest results.

    `owner` is the account that the work counts for, empty for the machine's owner. `bounds` limit the processes of a
    shared app.
    """

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._bounds = bounds
        self._checks = Tasks[CheckReport]("check", workers=2)
        self._plans = Tasks[FixPlan]("fix")
        self._tests = Tasks[CheckReport]("test-rows")
        self._reviews = Tasks[Review]("review")
        self._choices = Tasks[ChosenMessages]("off-topic")
        self._forms = Tasks[Form]("form")
        self._edits = Tasks[Edited]("edit", workers=2)
        self._imports = Tasks[ImportedSet]("import", workers=2)

    def check(self, data: Data, owner: str = "") -> Task[CheckReport]:
        """The check of the data, started now if it is new."""
        return self._checks.start((owner, data.key), self._check(data), owner, data.expected_bytes)

    def imported(self, given: tuple[GivenFile, ...], owner: str = "") -> Task[ImportedSet]:
        """The reading of uploaded files, started now if it is new; only small texts are read without limits."""
        key = (owner, *((content(file.path), file) for file in given))

        def run(task: Task[ImportedSet]) -> ImportedSet:
            if not any(is_large(file.path) or is_packed(file.path) for file in given):
                return read_files(given, task.follow)
            try:
                return run_apart(read_files, (given,), task.follow, task.stop, IMPORT_BOUNDS)
            except (TooMuch, RuntimeError) as error:
                raise InputError(UNREADABLE.format(names=", ".join(file.name for file in given))) from error

        self._imports.drop_stopped(owner)
        return self._imports.start(key, run, owner)

    def reading(self, owner: str = "") -> Task[ImportedSet] | None:
        """The reading of uploaded files that is under way for this owner; None if there is none."""
        return self._imports.under_way(owner)

    def restart(self, owner: str = "") -> None:
        """Forget the checks that the owner stopped, so that the next poll starts them again."""
        self._checks.drop_stopped(owner)

    def plan(self, data: Data, request: FixRequest, owner: str = "") -> Task[FixPlan]:
        """The plan of the fixes, started now if it is new."""
        work = self._work(data, data.large, plan, data, request)
        return self._plans.start((owner, data.key, request), work, owner, data.expected_bytes)

    def opened(self, data: Data, place: Place, owner: str = "") -> Task[Form]:
        """The form of a part of the data, opened now if it is new."""
        work = self._work(data, data.large, open_part, data, place)
        return self._forms.start((owner, data.key, place), work, owner)

    def edited(self, data: Data, test: Path | None, request: EditRequest, owner: str = "") -> Task[Edited]:
        """The files after a change, which is made now if it is new."""
        work = self._work(data, data.large or bool(test and is_large(test)), edit_part, data, test, request)
        key = (owner, data.key, test and content(test), request)
        return self._edits.start(key, work, owner, data.expected_bytes)

    def test_rows(self, data: Data, report: CheckReport, test: Path, owner: str = "") -> Task[CheckReport]:
        """The check of uploaded test rows, started now if it is new."""
        work = self._work(data, data.large or is_large(test), check_tests, data, report.examples, test)
        return self._tests.start((owner, data.key, content(test)), work, owner, data.expected_bytes)

    def off_topic(
        self, data: Data, report: CheckReport, put_back: frozenset[str], owner: str = ""
    ) -> Task[ChosenMessages]:
        """The choice of off-topic messages beside checked data, started now if it is new."""
        work = self._work(data, data.large, choose, report.tools, report.examples, put_back)
        return self._choices.start((owner, data.key, put_back), work, owner)

    def review(self, data: Data, report: CheckReport, owner: str = "") -> Task[Review]:
        """The search for labels that look wrong, started if new or stopped. Raises InputError if there is no room.

        It always runs in a process, because scikit-learn cannot be interrupted.
        """
        self._reviews.drop_stopped(owner)
        work = self._work(data, True, review_rows, report.examples, data.options.seed)
        task = self._reviews.start((owner, data.key), work, owner, data.expected_bytes)
        if task.error and self._reviews.get((owner, data.key)) is not task:
            raise InputError(task.error.removeprefix(WAIT).strip() + " Wait until they are done, then start it again.")
        return task

    def reviewed(self, data: Data, owner: str = "") -> Task[Review] | None:
        """The review, None if it was not started."""
        return self._reviews.get((owner, data.key))

    def _check(self, data: Data) -> Callable[[Task[CheckReport]], CheckReport]:
        """The check; a foreign tokenizer is read in a process with limits, and its tokens may stay uncounted."""
        if data.options.folders or data.options.base_model == STARTER:
            return self._work(data, data.large, check, data)

        def run(task: Task[CheckReport]) -> CheckReport:
            try:
                return run_apart(check, (data,), task.follow, task.stop, self._bounds)
            except (TooMuch, RuntimeError):
                LOGGER.warning("the tokens of %s could not be counted", data.options.base_model)
            uncounted = replace(data, options=replace(data.options, count_tokens=False))
            report = self._work(data, data.large, check, uncounted)(task)
            return replace(report, tokens_error=UNCOUNTED.format(base=data.options.base_model))

        return run

    def _work(
        self, data: Data, large: bool, work: Callable[..., Result], *arguments: Any
    ) -> Callable[[Task[Result]], Result]:
        """The work, in this process or another one, which has limits on a shared app."""
        bounds = None if data.options.folders else self._bounds

        def run(task: Task[Result]) -> Result:
            if not large:
                return work(*arguments, task.follow)
            try:
                return run_apart(work, arguments, task.follow, task.stop, bounds)
            except TooMuch as error:
                raise InputError(TOO_LONG.format(seconds=self._bounds.seconds)) from error

        return run
