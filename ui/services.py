"""What the page works with: where runs are kept, what runs their jobs, what answers. One of each for the whole app."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from backend.errors import InputError
from backend.jobs import LocalRunner, Runner
from backend.jobs.dashboard import Dashboard
from backend.runs import FolderStore, Run
from ui.checking import Checker
from ui.drafts import Drafts
from ui.summaries import Summaries

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of the backend that the page shares among all visitors; nothing in it belongs to one of them."""

    store: FolderStore
    runner: Runner
    drafts: Drafts
    checker: Checker
    summaries: Summaries
    dashboard: Dashboard = field(default_factory=Dashboard)
    _stopping: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def at(cls, home: Path) -> Services:
        """Everything kept below one folder."""
        store, runner = FolderStore(home), LocalRunner()
        return cls(store, runner, Drafts(store.root / ".uploads"), Checker(), Summaries(store, runner))

    def cancel(self, run: Run, job: str) -> None:
        """Ask a job to stop, without waiting for it to end."""
        key = (run.id, job)
        if key not in self._stopping:
            self._stopping.add(key)
            threading.Thread(target=self._cancel, args=(run, job), name=f"cancel-{job}", daemon=True).start()

    def stopping(self, run: Run, job: str) -> bool:
        """Whether the job was asked to stop and has not ended yet."""
        return (run.id, job) in self._stopping

    def _cancel(self, run: Run, job: str) -> None:
        try:
            self.runner.cancel(run, job)
        except InputError:  # it ended, or its run was deleted, in the meantime: the page shows which
            return
        finally:
            self._stopping.discard((run.id, job))


def home() -> Path:
    """The folder that runs are kept in: FGT_HOME, or `runs` beside the app."""
    return Path(os.environ.get("FGT_HOME") or ROOT / "runs").expanduser().absolute()
