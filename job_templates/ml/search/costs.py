"""The expected seconds of trials: the product's estimate of a training, corrected by the trials that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from backend.data import CheckOptions, measure_budget
from backend.errors import InputError
from backend.jobs import Workload, estimate_training
from backend.records import Example, Tool
from backend.runs import RunConfig, planned_epochs
from backend.trials import Plan, Sweep, Trial, largest_plan, median_ratio


def with_share(config: RunConfig, rows: int, share: float) -> RunConfig:
    """Returns the settings with this share of their epochs on `rows` rows."""
    return config if share == 1.0 else replace(config, epochs=share * planned_epochs(config, rows))


class Costs:
    """The expected seconds of trials on `rows`, which the training side has."""

    def __init__(self, rows: Sequence[Example], tools: Sequence[Tool], options: CheckOptions) -> None:
        budget = measure_budget(tools, rows, options)
        if budget is None:
            raise InputError("There are no rows to train on. Add rows.")
        self._budget = budget
        self._rows = len(rows)

    def estimated(self, config: RunConfig, share: float = 1.0) -> float:
        """Returns the seconds of a trial before any correction, for a CPU if the settings are not the starter's."""
        work = Workload.of(self._budget, self._rows, config)
        return estimate_training(with_share(config, self._rows, share), work).seconds

    def expected(self, sweep: Sweep, config: RunConfig, share: float = 1.0) -> float:
        """Returns the seconds of a trial, by what the trials before took."""
        done = (trial for trial in sweep.trials if trial.end == "done")
        return self.estimated(config, share) * median_ratio([(one.seconds, self._of(sweep, one)) for one in done])

    def mean(self, sweep: Sweep, share: float) -> float:
        """Returns the mean of the expected seconds over all settings that may be tried."""
        return sum(self.expected(sweep, config, share) for config in sweep.settings) / len(sweep.settings)

    def plan(self, sweep: Sweep) -> Plan:
        """Returns the largest search that fits into the minutes. Raises InputError if none does."""
        most = min(sweep.most, len(sweep.settings))
        mean = {share: self.mean(sweep, share) for share in (0.25, 0.5, 1.0)}
        return largest_plan(mean.__getitem__, sweep.minutes * 60, self.result(sweep), most, sweep.seeds)

    def result(self, sweep: Sweep) -> float:
        """Returns the expected seconds of training and evaluating the result."""
        return self.mean(sweep, 1.0)

    def _of(self, sweep: Sweep, trial: Trial) -> float:
        return self.estimated(sweep.settings[trial.settings], trial.share)
