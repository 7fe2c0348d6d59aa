"""Follows the jobs of every known account: finds its runs on the Hub and polls its live jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs.huggingface import Watchers, find_runs, read_remote, tell_forgotten
from backend.runs import FolderStore, Run
from ui.services.stored import stored_runs
from ui.services.tasks import Task, Tasks

ROUND_SECONDS = 3.0
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """An account's runs, and the newest token of its owner."""

    name: str
    token: str
    store: FolderStore


class Following:
    """One thread polls all accounts every few seconds; `accounts` returns the current ones.

    It works without an open page: a run's files are written until its job or its login ends.
    """

    def __init__(self, accounts: Callable[[], Mapping[str, Account]]) -> None:
        self._accounts = accounts
        self._watchers = Watchers()
        self._finds = Tasks[list[str]]("find-runs", workers=4, most=1_000)
        self._marks = Tasks[bool]("forget-runs", workers=4, most=1_000)
        self._wake = threading.Event()
        self._started = threading.Lock()

    def find(self, account: Account) -> Task[list[str]]:
        """The search for the account's runs on the Hub, started now if it is new; it also starts the polling."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._rounds, name="following", daemon=True).start()

        def work(_task: Task[list[str]]) -> list[str]:
            found = find_runs(account.token, account.name, account.store)
            self.poll_now()
            return found

        return self._finds.start(account.name, work, account.name)

    def find_again(self, name: str) -> None:
        """Forget an account's search, so that the next poll starts a new one, which also marks deleted runs."""
        self._finds.drop(name)
        self._marks.drop(name)

    def mark_deleted(self, account: Account) -> None:
        """Mark deleted runs on the Hub in the background, because the Hub can be slow."""

        def work(_task: Task[bool]) -> bool:
            tell_forgotten(account.token, account.store)
            return True

        self._marks.drop(account.name)
        self._marks.start(account.name, work, account.name)

    def unmarked(self, name: str) -> str | None:
        """The reason why a run that was deleted here is not marked on the Hub; None if all are, or will be soon."""
        task = self._marks.get(name)
        return task.error if task else None

    def poll_now(self) -> None:
        """Poll now, without waiting for the next round."""
        self._wake.set()

    def forget(self, token: str) -> None:
        """Follow no job with this login any longer."""
        self._watchers.forget(token)

    def _rounds(self) -> None:
        while True:
            for account in self._accounts().values():
                try:
                    self._poll(account)
                except Exception:  # an error of one account must not affect the others
                    LOGGER.exception("the jobs of an account could not be followed")
            self._wake.wait(ROUND_SECONDS)
            self._wake.clear()

    def _poll(self, account: Account) -> None:
        for entry in stored_runs(account.store):
            try:
                self._watch(entry.run, account.token)
            except InputError:  # the run's page reports it
                continue
            except Exception:  # a damaged run must not affect the others
                LOGGER.exception("the jobs of the run %s could not be followed", entry.id)

    def _watch(self, run: Run | None, token: str) -> None:
        remote = read_remote(run) if run else None
        if run is None or remote is None:
            return
        for stage in remote.jobs:
            self._watchers.watch(run, stage, token)
