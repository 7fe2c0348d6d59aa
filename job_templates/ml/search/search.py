"""The search: rounds of short trials, a final with several seeds, and the settings that they choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backend.data import write_csv
from backend.errors import InputError
from backend.records import Example
from backend.runs import Event, Run, RunConfig, append_event, remove
from backend.trials import FIRST_SHARE, Plan, Sweep, Trial, best, choose, write_sweep
from job_templates.cli import say
from job_templates.ml.run import minutes_and_seconds
from job_templates.ml.search.costs import Costs, with_share
from job_templates.ml.search.process import run_trial

STAGE, PHASE = "search", "Searching for better settings"
LEAST_SECONDS = 60.0
"""The least time that a trial gets before it is cut off."""
OVERRUN = 2.0
"""A trial may take this many times its expected time."""


def search(run: Run, sweep: Sweep, parts: Sequence[tuple[Example, ...]], costs: Costs) -> Sweep:
    """Make the trials that are missing in the record, choose, and write each result to sweep.json at once.

    `parts` are the folds' rows. Returns the complete record. Raises InputError if the budget is too small, or if the
    settings that the search starts from cannot be trained.
    """
    if sweep.found is None:
        sweep = _Search(run, sweep, parts, costs).run()
    remove(run.path / "trials")
    return sweep


class _Search:
    def __init__(self, run: Run, sweep: Sweep, parts: Sequence[tuple[Example, ...]], costs: Costs) -> None:
        self._run = run
        self._sweep = sweep
        self._parts = parts
        self._costs = costs
        self._folder = run.path / "trials"

    def run(self) -> Sweep:
        self._save(self._sweep)
        self._trial(0, FIRST_SHARE, 0, None)
        if self._sweep.planned is None:
            plan = self._costs.plan(self._sweep)
            self._save(replace(self._sweep, planned=plan.settings))
        plan = Plan(self._sweep.planned or 0, self._sweep.seeds)
        say(f"{plan.settings} settings in {plan.trials} trials fit into {self._sweep.minutes:g} minutes")
        self._final(self._rounds(plan))
        found = choose(self._sweep)
        say(found.reason)
        self._save(replace(self._sweep, found=found))
        return self._sweep

    def _rounds(self, plan: Plan) -> tuple[int, ...]:
        """Returns the numbers of the finalists."""
        alive = tuple(range(plan.settings))
        for number, one in enumerate(plan.rounds):
            later = plan.seconds(lambda share: self._costs.mean(self._sweep, share), number + 1)
            for at in alive:
                self._trial(at, one.share, 0, later)
            ended = {at: self._sweep.of(at, one.share, 0) for at in alive}
            alive = best({at: trial.match for at, trial in ended.items() if trial and trial.end == "done"}, one.kept)
        return alive

    def _final(self, numbers: Sequence[int]) -> None:
        """Train the finalists with every seed; all of them with one seed before the next."""
        for fold in range(1, self._sweep.seeds + 1):
            for at in numbers:
                self._trial(at, 1.0, fold, 0.0)

    def _trial(self, number: int, share: float, fold: int, later: float | None) -> None:
        """Make a trial unless it has ended already; `later` are the expected seconds of later rounds.

        Without `later`, the trial is made in any case.
        """
        if self._sweep.of(number, share, fold):
            return
        config = self._sweep.settings[number]
        expected = self._costs.expected(self._sweep, config, share)
        left = self._sweep.minutes * 60 - self._sweep.seconds
        if later is not None and expected + later + self._costs.result(self._sweep) > left:
            self._ended(Trial(number, share, fold, "skipped", message="No time was left for it."))
            return
        limit = None if later is None else max(LEAST_SECONDS, min(left, OVERRUN * expected))
        name = f"s{number:02d}-{round(share * 100)}-{fold}"
        dataset = self._dataset(fold)
        made = _trial_config(config, share, fold, sum(row.split == "train" for row in self._parts[fold]))
        say(f"Trial {name}: settings {number} with {share:.0%} of their epochs, held-out rows {fold}")
        trial = run_trial(self._folder / name, made, dataset, self._run.tools_path, limit)
        self._ended(replace(trial, settings=number, share=share, fold=fold))
        remove(self._folder / name)
        if number == 0 and trial.end == "failed":
            raise InputError(f"The settings that the search starts from cannot be trained: {trial.message}")

    def _ended(self, trial: Trial) -> None:
        if trial.settings == 0 and trial.end == "failed":
            return  # it is tried again when the search continues
        self._save(self._sweep.with_trial(trial))
        detail = f"right answers {trial.match:.1%} likely, {minutes_and_seconds(trial.seconds)}"
        say(f"Settings {trial.settings}: {detail if trial.end == 'done' else trial.message}")
        # hub_job.py uploads the run after an event that a stage has ended
        append_event(self._run.metrics_path, Event("stage", STAGE, state="trial").to_dict())
        total = Plan(self._sweep.planned, self._sweep.seeds).trials if self._sweep.planned else None
        shown = Event("progress", "train", phase=PHASE, done=len(self._sweep.trials), total=total)
        append_event(self._run.metrics_path, shown.to_dict())

    def _save(self, sweep: Sweep) -> None:
        write_sweep(self._run, sweep)
        self._sweep = sweep

    def _dataset(self, fold: int) -> Path:
        path = self._folder / f"fold-{fold}.csv"
        if not path.is_file():
            path.parent.mkdir(exist_ok=True)
            write_csv(self._parts[fold], path)
        return path


def _trial_config(config: RunConfig, share: float, fold: int, rows: int) -> RunConfig:
    """The settings of a trial: a part of the epochs, and another seed on each fold."""
    seed = (config.seed + fold) % 2**32
    made = with_share(config, math.ceil(rows), share)
    return replace(made, seed=seed, max_examples=None, trackio_project=None, allow_no_call=True)
