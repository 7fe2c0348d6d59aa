"""What the page works with for one account: where its runs are kept, what runs their jobs, what checks its data."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from backend.errors import InputError
from backend.jobs import JOBS, JobState, Runner, write_state
from backend.jobs.dashboard import Dashboard
from backend.jobs.huggingface import delete
from backend.runs import FolderStore, Run
from ui.background import Task
from ui.checking import Checker
from ui.drafts import Drafts
from ui.following import Account, Following
from ui.identity import Identity
from ui.jobs_offer import Offers
from ui.summaries import Summaries


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the backend that one account's pages share; `identity` is who looks at this moment."""

    identity: Identity
    store: FolderStore
    runner: Runner
    drafts: Drafts
    checker: Checker
    summaries: Summaries
    following: Following
    dashboard: Dashboard = field(default_factory=Dashboard)
    offers: Offers = field(default_factory=Offers)
    _stopping: set[tuple[str, str]] = field(default_factory=set)

    def seen_by(self, identity: Identity) -> Services:
        """The same, for a request of the same account with its own token."""
        return replace(self, identity=identity)

    @property
    def finding(self) -> Task[list[str]] | None:
        """The search for this account's runs on the Hub; None where nobody is logged in."""
        name, token = self.identity.name, self.identity.token
        return self.following.find(Account(name, token, self.store)) if name and token else None

    def find_again(self) -> None:
        """Search once more."""
        if self.identity.name:
            self.following.find_again(self.identity.name)

    def delete(self, run_id: str) -> None:
        """Delete a run and its files here, not those on the Hub; InputError while one of its jobs is alive."""
        if not (self.store.root / run_id / "remote.json").is_file():
            self.store.delete(run_id)
            return
        told = ""
        with suppress(InputError):  # a damaged run, or one that holds a link, can be deleted too
            run = self.store.open(run_id)
            alive = [stage for stage in JOBS if (state := self.runner.state(run, stage)) and state.active]
            if alive:
                told = f"Run {run.name!r} is still working ({alive[0]}). Cancel that job first, then delete it."
        if told:
            raise InputError(told)
        delete(self.store, run_id)

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
        """Submit a job that takes a while to submit; where that fails, the job's state says why."""
        threading.Thread(target=self._send, args=(run, job, flags), name=f"send-{job}", daemon=True).start()

    def _send(self, run: Run, job: str, flags: Sequence[str]) -> None:
        try:
            self.runner.submit(run, job, flags)
            self.following.look_now()
        except InputError as error:
            write_state(run, job, JobState("failed", message=str(error)))

    def _cancel(self, run: Run, job: str) -> None:
        try:
            self.runner.cancel(run, job)
        except InputError:  # it ended, or its run was deleted, in the meantime: the page shows which
            return
        finally:
            self._stopping.discard((run.id, job))
