"""The store of runs: a folder of run folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from backend import locks
from backend.errors import InputError
from backend.files import disk_errors
from backend.runs.config import RunConfig
from backend.runs.folders import remove
from backend.runs.link_check import check_no_links
from backend.runs.run import Run, new_id

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One entry of a store: the run, or the reason why it cannot be read."""

    id: str
    created: str
    run: Run | None
    error: str | None = None


class FolderStore:
    """Runs as folders below `root`; a run's id is its folder's name."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()

    def create(
        self,
        config: RunConfig,
        dataset: Path,
        tools: Path,
        name: str | None = None,
        near_misses: Path | None = None,
    ) -> Run:
        """Makes a new run from the files. Raises InputError if they cannot be read or the disk is full."""
        with disk_errors(self.root, "read"):
            while (path := self.root / new_id()).exists():
                continue
        return Run.create(path, config, dataset, tools, name, near_misses)

    def list(self) -> list[StoredRun]:
        """Returns all runs, newest first; the entry of one that cannot be read has its error."""
        try:
            folders = [path for path in self.root.iterdir() if ID.fullmatch(path.name) and path.is_dir()]
        except OSError:
            return []
        return sorted(
            (self._entry(path.name) for path in folders), key=lambda entry: (entry.created, entry.id), reverse=True
        )

    def open(self, run_id: str) -> Run:
        """Returns the run with that id. Raises InputError if there is none, or it is damaged or contains links."""
        folder = self._folder(run_id)
        check_no_links(folder)
        with disk_errors(folder, "read"):
            return replace(Run.open(folder), id=run_id)

    def delete(self, run_id: str) -> None:
        """Removes a run and all its files. Raises InputError while one of its jobs is active."""
        folder = self._folder(run_id)
        with self._nothing_starts(run_id, folder), disk_errors(folder, "delete"):
            remove(folder)

    @contextmanager
    def _nothing_starts(self, run_id: str, folder: Path) -> Iterator[None]:
        """Holds the locks of the run's jobs. Raises InputError if one of them is active."""
        with ExitStack() as held:
            for path in sorted(path for path in folder.glob("stages/*.lock") if not path.is_symlink()):
                lock = locks.take(path)
                if lock is None:
                    raise InputError(
                        f"Run {run_id} is still working ({path.stem}). Cancel that job first, then delete the run."
                    )
                held.callback(os.close, lock)
            yield

    def _folder(self, run_id: str) -> Path:
        if not isinstance(run_id, str) or not ID.fullmatch(run_id):
            raise InputError(f"{str(run_id)[:80]!r} is not a run's id. Pick a run from the list.")
        folder = self.root / run_id
        if folder.is_symlink() or not folder.is_dir():
            raise InputError(f"There is no run {run_id!r} in {self.root}. Pick a run from the list.")
        return folder

    def _entry(self, run_id: str) -> StoredRun:
        try:
            run = self.open(run_id)
            created = datetime.fromisoformat(run.created)
            return StoredRun(run_id, _utc(created), run)
        except (InputError, OSError) as error:
            return StoredRun(run_id, _utc(_modified(self.root / run_id)), None, str(error))


def _modified(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except OSError:
        return datetime.fromtimestamp(0, UTC)


def _utc(moment: datetime) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds")
