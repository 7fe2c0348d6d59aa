"""Checks of this machine and of an account that the page starts, follows and stops; their price before any is spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from weakref import WeakSet

from backend.doctor import Finding, Report, Stopped, Watcher, check_machine
from backend.doctor.hub import Plan, Visit, check_account, check_jobs, job_titles, not_started, plan_jobs
from backend.errors import InputError
from ui import work as apart
from ui.services.identity import Identity
from ui.services.quotes import ANOTHER_PAGE
from ui.services.tasks import Task, Tasks

Kind = Literal["machine", "account"]
TITLES: dict[str, str] = {"machine": "This machine", "account": "Your account on Hugging Face"}
MACHINE_CHECKS, ACCOUNT_CHECKS = 12, 9
NOT_HERE = "Only the owner can check this machine. Check your account instead."
NOBODY = "Log in with Hugging Face first."
NOT_TRIED = "No job was started, because the account checks did not finish."


class _Ended(Stopped, apart.Stopped):
    """The visitor stopped the checks."""


@dataclass(slots=True)
class Checkup:
    """A check that the page started: its task, its findings so far, and at the end the report's text."""

    task: Task[Report]
    found: list[Finding] = field(default_factory=list)
    text: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """The highest price of a check's jobs, and the loaded page that requested it: only that page may start them."""

    plan: Plan
    page: str | None


class _Follower:
    """Reports the progress of a check to its task, and ends the check if the visitor stopped it."""

    def __init__(self, task: Task[Report], checkup: Checkup, checks: int) -> None:
        self._task = task
        self._checkup = checkup
        self._checks = checks

    def doing(self, what: str) -> None:
        """A check begins."""
        try:
            self._task.follow(min(1.0, len(self._checkup.found) / self._checks), what)
        except apart.Stopped as error:
            raise _Ended from error

    def found(self, finding: Finding) -> None:
        """A check has ended."""
        self._checkup.found.append(finding)


_Work = Callable[[Task[Report], Checkup], Report]


_ALL: WeakSet[Checkups] = WeakSet()


def stop_all(seconds: float) -> None:
    """End every check at the app's end, and wait at most `seconds` until they have removed their files."""
    ends, under_way = time.monotonic() + seconds, [task for checkups in list(_ALL) for task in checkups.stop()]
    for task in under_way:
        task.done.wait(max(0.0, ends - time.monotonic()))


class Checkups:
    """The checks of one account or machine, one of each kind at a time; the last of each is stored."""

    def __init__(self) -> None:
        _ALL.add(self)
        self._tasks = Tasks[Report]("doctor", workers=2)
        self._prices = Tasks[Offer]("doctor-price")
        self._last: dict[str, Checkup] = {}
        self._lock = threading.Lock()

    def last(self, kind: str | None) -> Checkup | None:
        """The latest check of a kind, running or done."""
        return self._last.get(kind or "")

    def stop(self) -> list[Task[Report]]:
        """Stop the running checks and return them; each removes its files before it is done."""
        under_way = [checkup.task for checkup in list(self._last.values()) if not checkup.task.done.is_set()]
        for task in under_way:
            task.stop.set()
        return under_way

    def check_machine(self, identity: Identity, runs: Path) -> None:
        """Check the machine that the app runs on. Raises InputError on a shared app."""
        if not identity.machine:
            raise InputError(NOT_HERE)

        def work(task: Task[Report], checkup: Checkup) -> Report:
            findings = check_machine(_Follower(task, checkup, MACHINE_CHECKS), runs)
            return Report([(TITLES["machine"], findings)], identity.name, [identity.token or ""])

        self._start("machine", identity, work)

    def check_account(self, identity: Identity, plan: Plan | None = None) -> None:
        """Check the visitor's account; with a plan also its jobs, which cost money. Raises InputError."""
        name, token = identity.name, identity.token
        if name is None or token is None:
            raise InputError(NOBODY)

        def jobs(visit: Visit, watcher: Watcher) -> list[Finding]:
            assert plan is not None
            return check_jobs(visit, plan, watcher)

        def work(task: Task[Report], checkup: Checkup) -> Report:
            follower = _Follower(task, checkup, ACCOUNT_CHECKS + (len(job_titles(plan)) if plan else 0))
            found = check_account(token, follower, jobs if plan else None)
            if plan and not found.jobs:
                found.jobs += not_started(plan, NOT_TRIED, follower)
            groups: Sequence[tuple[str, list[Finding]]] = [("Account on Hugging Face", found.free)]
            return Report([*groups, *([("Jobs on Hugging Face", found.jobs)] if plan else [])], name, [token])

        self._start("account", identity, work)

    def price(self) -> Task[Offer] | None:
        """The latest requested price."""
        return self._prices.get("price")

    def ask_price(self, identity: Identity) -> None:
        """Ask the Hub what the jobs of a check cost now. Raises InputError if nobody is logged in."""
        token, page = identity.token, identity.page
        if token is None:
            raise InputError(NOBODY)
        self._prices.drop("price")
        self._prices.start("price", lambda _task: Offer(plan_jobs(token), page))

    def drop_price(self) -> None:
        """Forget the price, without starting anything."""
        self._prices.drop("price")

    def confirm(self, identity: Identity) -> None:
        """Start the jobs at the price shown, once. Raises InputError if another page asked for it."""
        task = self._prices.get("price")
        if task is None or task.result is None:
            return
        if identity.page is None or task.result.page != identity.page:
            raise InputError(ANOTHER_PAGE)
        if self._prices.drop("price") is task:
            self.check_account(identity, task.result.plan)

    def _start(self, kind: Kind, identity: Identity, work: _Work) -> None:
        """Start a check, unless one of its kind is running."""
        with self._lock:
            before = self._last.get(kind)
            if before is not None and not before.task.done.is_set():
                return
            self._tasks.drop(kind)
            begun = threading.Event()

            def do(task: Task[Report]) -> Report:
                begun.wait()
                checkup = self._last[kind]
                try:
                    report = work(task, checkup)
                except apart.Stopped:
                    groups = [(TITLES[kind], list(checkup.found))]
                    checkup.text = Report(groups, identity.name, [identity.token or ""], ended=True).text()
                    raise
                checkup.text = report.text()  # once: pages ask for it every second
                return report

            self._last[kind] = Checkup(self._tasks.start(kind, do))
            begun.set()
