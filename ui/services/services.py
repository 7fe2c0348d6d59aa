"""The services of one account: its store of runs, the runner of its jobs, and the checks of its data."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from backend.errors import InputError
from backend.jobs import JOBS, JobState, Runner, write_state
from backend.jobs.huggingface import delete
from backend.runs import FolderStore, Run
from backend.trackio import Dashboard
from ui.services.checks import Checker
from ui.services.checkups import Checkups
from ui.services.growths import Growths
from ui.services.hub_sync import Account, Following
from ui.services.identity import Identity
from ui.services.quotes import Offers
from ui.services.summaries import Summaries
from ui.services.tasks import UNFORESEEN, Task
from ui.services.uploads import UploadStore

MACHINE, VISITORS = "", " "
"""Owners of work without an account: the machine's owner, and the prefix of visitors without a login."""
LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the backend that one account's pages share; `identity` is the sender of the current request."""

    identity: Identity
    store: FolderStore
    runner: Runner
    upload_store: UploadStore
    checker: Checker
    summaries: Summaries
    following: Following
    growths: Growths
    dashboard: Dashboard = field(default_factory=Dashboard)
    offers: Offers = field(default_factory=Offers)
    checkups: Checkups = field(default_factory=Checkups)
    _stopping: set[tuple[str, str]] = field(default_factory=set)

    def seen_by(self, identity: Identity) -> Services:
        """The same services for another request of the account, with that request's token."""
        seen = replace(self, identity=identity)
        counted = self.upload_store.counted_for(seen.owner)
        return replace(seen, upload_store=counted, growths=self.growths.counted_for(seen.owner))

    @property
    def token(self) -> str | Literal[False] | None:
        """The token for the Hub of the current request: False on a shared app without a login."""
        return self.identity.token or (None if self.identity.machine else False)

    @property
    def owner(self) -> str:
        """The owner of uploads and tasks: an account, or a network address without a login."""
        return MACHINE if self.identity.machine else self.identity.name or VISITORS + self.identity.address

    @property
    def finding(self) -> Task[list[str]] | None:
        """The search for this account's runs on the Hub; None without a login."""
        name, token = self.identity.name, self.identity.token
        return self.following.find(Account(name, token, self.store)) if name and token else None

    def find_again(self) -> None:
        """Search for the account's runs again."""
        if self.identity.name:
            self.following.find_again(self.identity.name)

    def delete(self, run_id: str) -> None:
        """Delete a run and its files here, but not those on the Hub. Raises InputError if one of its jobs is active.

        A run that cannot be read is deleted too, because its jobs cannot be followed here. The run is then marked as
        deleted on the Hub, so that it is not found again; `unmarked` has the reason if that failed.
        """
        if not os.path.lexists(self.store.root / run_id / "remote.json"):
            self.store.delete(run_id)
            return
        run = self._readable(run_id)
        alive = [stage for stage in JOBS if run and (state := self.runner.state(run, stage)) and state.active]
        if run and alive:
            raise InputError(f"Run {run.name!r} is still working ({alive[0]}). Cancel that job first, then delete it.")
        name, token = self.identity.name, self.identity.token
        delete(self.store, run_id, name)
        if name and token:
            self.following.mark_deleted(Account(name, token, self.store))

    @property
    def unmarked(self) -> str | None:
        """The reason why a run that was deleted here may be found again; else None."""
        return self.following.unmarked(self.identity.name) if self.identity.name else None

    def _readable(self, run_id: str) -> Run | None:
        try:
            return self.store.open(run_id)
        except Exception:  # noqa: BLE001 - the list of runs reports it
            return None

    def cancel(self, run: Run, job: str) -> None:
        """Ask a job to stop, without waiting for it to end."""
        key = (run.id, job)
        if key not in self._stopping:
            self._stopping.add(key)
            threading.Thread(target=self._cancel, args=(run, job), name=f"cancel-{job}", daemon=True).start()

    def stopping(self, run: Run, job: str) -> bool:
        """Whether the job was asked to stop and has not ended yet."""
        return (run.id, job) in self._stopping

    def send(self, run: Run, job: str, flags: Sequence[str] = ()) -> None:
        """Submit a job in a thread, because that can take a while; if it fails, the job's state has the reason."""
        threading.Thread(target=self._send, args=(run, job, flags), name=f"send-{job}", daemon=True).start()

    def _send(self, run: Run, job: str, flags: Sequence[str]) -> None:
        try:
            self.runner.submit(run, job, flags)
            self.following.poll_now()
        except Exception as error:
            if not isinstance(error, InputError):
                LOGGER.exception("the %s job of %s could not be submitted", job, run.id)
            write_state(
                run, job, JobState("failed", message=str(error) if isinstance(error, InputError) else UNFORESEEN)
            )

    def _cancel(self, run: Run, job: str) -> None:
        try:
            self.runner.cancel(run, job)
        except InputError:  # the job ended or its run was deleted meanwhile, and the page shows that
            return
        finally:
            self._stopping.discard((run.id, job))
