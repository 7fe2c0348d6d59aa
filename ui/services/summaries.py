"""One line about each run, read from its folder; a run is read again only when its files changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.jobs import JOBS, Runner
from backend.runs import FolderStore, Run, StoredRun
from backend.scoring import Rate
from ui.services.evaluations import evaluation_at
from ui.services.run_facts import RunFacts
from ui.services.stages import StageView, Word, stage_views, stamp
from ui.services.stored import damage_of, message_of, stored_runs

WATCHED = (
    "run.json", "remote.json", "metrics.jsonl", "evaluation.json", "export", "export/verification.json",
    *(f"stages/{job}.json" for job in JOBS),
)  # fmt: skip
LARGEST = 2.0**63


@dataclass(frozen=True, slots=True)
class Summary:
    """One entry of the list of runs; `accuracy` is the combined accuracy, `verdict` the evaluation's verdict.

    `facts` is None if the run cannot be read; `error` then has the reason.
    """

    id: str
    name: str
    created: str
    base: str = ""
    stage: str = ""
    state: Word = "none"
    fraction: float | None = None
    accuracy: Rate | None = None
    verdict: str | None = None
    error: str | None = None
    facts: RunFacts | None = None


class Summaries:
    """The list of runs, newest first, read again only if a file changed."""

    def __init__(self, store: FolderStore, runner: Runner) -> None:
        self._store = store
        self._runner = runner
        self._known: dict[str, tuple[tuple[int, ...], Summary]] = {}
        self._stamp: frozenset[tuple[str, int]] | None = None
        self._stored: Sequence[StoredRun] = ()
        self._lock = threading.Lock()

    def list(self) -> list[Summary]:
        """A summary of every run in the store, including damaged ones."""
        with self._lock:
            entries = self._entries()
            self._known = {entry.id: self._fresh(entry) for entry in entries}
            return [self._known[entry.id][1] for entry in entries]

    def _entries(self) -> Sequence[StoredRun]:
        """The runs in the store, read again only if a run was added, deleted or rewritten."""
        now = frozenset(_run_stamps(self._store.root))
        if now != self._stamp:
            self._stamp, self._stored = now, stored_runs(self._store)
        return self._stored

    def _fresh(self, entry: StoredRun) -> tuple[tuple[int, ...], Summary]:
        stamps = fingerprint(self._store.root / entry.id)
        known = self._known.get(entry.id)
        if known and known[0] == stamps and known[1].state not in ("queued", "running"):
            return known
        return stamps, self._read(entry)

    def _read(self, entry: StoredRun) -> Summary:
        """The entry's summary; an error in one run is shown in that run's entry."""
        if entry.run is None:
            return Summary(entry.id, entry.id, entry.created, error=entry.error)
        try:
            return _summary(entry, entry.run, self._runner)
        except Exception as error:  # noqa: BLE001 - message_of logs bugs of the app
            message = message_of(error, f"summing up the run {entry.id}")
            return Summary(entry.id, entry.run.name, entry.created, error=message)


def _summary(entry: StoredRun, run: Run, runner: Runner) -> Summary:
    if damage := damage_of(run):
        return Summary(entry.id, run.name, entry.created, error=damage)
    views = list(stage_views(run, runner).values())
    shown = current_stage(views)
    evaluation = evaluation_at(run.evaluation_path)
    measured = evaluation if evaluation and evaluation.tuned.combined.n else None
    return Summary(
        entry.id,
        run.name,
        entry.created,
        base=run.config.base_model,
        stage=shown.stage if shown else "",
        state=shown.state if shown else "none",
        fraction=_finite(shown.fraction) if shown else None,
        accuracy=measured.tuned.combined if measured else None,
        verdict=measured.verdict.state if measured else None,
        facts=RunFacts.of(run, views, runner, measured),
    )


def current_stage(views: Sequence[StageView]) -> StageView | None:
    """The stage that shows a run's state: the running, else waiting, else failed one, else the last done."""
    reached = [view for view in views if view.state != "none"]
    for states in (("running",), ("queued",), ("failed", "cancelled")):
        found = next((view for view in reached if view.state in states), None)
        if found:
            return found
    return reached[-1] if reached else None


def _run_stamps(root: Path) -> Iterator[tuple[str, int]]:
    """Each folder with the modification time of its run.json, 0 if it has none."""
    try:
        with os.scandir(root) as found:
            names = [entry.name for entry in found if not entry.name.startswith(".")]
    except OSError:
        return
    for name in names:
        yield name, stamp(root / name / "run.json")[0]


def fingerprint(folder: Path) -> tuple[int, ...]:
    """The times and sizes of the files that a run's jobs write; equal if nothing changed."""
    return tuple(number for name in WATCHED for number in stamp(folder / name))


def _finite(value: object) -> float | None:
    """The value if it is a number that can be shown, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        return None
    return float(value)
