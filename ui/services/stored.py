"""Lists the runs of a store, including damaged ones."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from backend.errors import InputError
from backend.runs import ID, FolderStore, Run, StoredRun

FAULT = "This is a bug in the app, not in your files. Please report it with the traceback in the log of the app."
LOGGER = logging.getLogger(__name__)


def stored_runs(store: FolderStore) -> Sequence[StoredRun]:
    """Every run of the store, newest first; a run that cannot be read is an entry with its error. Never raises."""
    try:
        return store.list()
    except Exception:  # one damaged run must not hide the others
        LOGGER.exception("the runs in %s could not be listed at once", store.root.name)
    entries = [_entry(store, name) for name in _names(store)]
    return sorted(entries, key=lambda entry: (entry.created, entry.id), reverse=True)


def damage_of(run: Run) -> str | None:
    """The reason why a run's jobs cannot write their events, as a sentence; None if they can."""
    if not run.metrics_path.is_dir():
        return None
    return f"{run.metrics_path.name} in the run's folder is a folder, but it must be a file. Move it away."


def message_of(error: Exception, doing: str) -> str:
    """The message for a visitor: an InputError's own; any other error is a bug of the app and is logged."""
    if isinstance(error, InputError):
        return str(error)
    LOGGER.error("a fault in the app while %s", doing, exc_info=error)
    return FAULT


def _names(store: FolderStore) -> list[str]:
    try:
        return [path.name for path in store.root.iterdir() if ID.fullmatch(path.name) and path.is_dir()]
    except OSError:
        return []


def _entry(store: FolderStore, name: str) -> StoredRun:
    try:
        run = store.open(name)
        return StoredRun(name, run.created, run)
    except Exception as error:  # noqa: BLE001 - the entry has the error
        return StoredRun(name, "", None, message_of(error, f"opening the run {name}"))
