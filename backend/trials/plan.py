"""How many trials a search makes: short trainings of many settings, then full ones of the best with several seeds.

Successive halving: K. Jamieson and A. Talwalkar, AISTATS 2016. The resource is the share of a setting's own epochs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from backend.errors import InputError

FEWEST, MOST_SEEDS, DEFAULT_SEEDS = 3, 10, 3
MANY = 8
"""From this many settings on, there is a second round before the final."""
FIRST_SHARE, SECOND_SHARE = 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Round:
    """A round of trials with `share` of the epochs, of which `kept` go on besides the settings to start from."""

    share: float
    kept: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A search of `settings` settings, the ones to start from included, with `seeds` seeds in the final."""

    settings: int
    seeds: int

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds before the final."""
        if self.settings < MANY:
            return (Round(FIRST_SHARE, 1),)
        return (Round(FIRST_SHARE, self.settings // 2), Round(SECOND_SHARE, 2))

    @property
    def finalists(self) -> int:
        """The settings in the final, the ones to start from included."""
        return self.rounds[-1].kept + 1

    @property
    def trials(self) -> int:
        """The number of trials, the final's included."""
        return sum(len_ for len_, _ in self._sizes())

    def seconds(self, costs: Callable[[float], float], done: int = 0) -> float:
        """Returns the expected seconds from round `done` on, without the result's own training.

        `costs` gives the seconds of a trial with a share of the epochs.
        """
        return sum(count * costs(share) for count, share in self._sizes()[done:])

    def _sizes(self) -> list[tuple[int, float]]:
        """The number and the share of the trials of each round and of the final."""
        sizes, settings = [], self.settings
        for one in self.rounds:
            sizes.append((settings, one.share))
            settings = one.kept + 1
        return [*sizes, (settings * self.seeds, 1.0)]


def largest_plan(
    costs: Callable[[float], float], seconds: float, result: float, most: int, seeds: int = DEFAULT_SEEDS
) -> Plan:
    """Returns the plan with the most settings, `most` at most, whose trials and result fit into `seconds`.

    `result` are the seconds of training and evaluating the result. Raises InputError with the minutes that the smallest
    search needs.
    """
    for settings in range(most, FEWEST - 1, -1):
        plan = Plan(settings, seeds)
        if plan.seconds(costs) + result <= seconds:
            return plan
    need = (Plan(min(FEWEST, most), seeds).seconds(costs) + result) / 60
    raise InputError(
        f"{seconds / 60:.0f} minutes are too few for a search: the smallest takes about {need:.0f} minutes. Give "
        f"--minutes {need * 1.2 + 1:.0f}, fewer --seeds, or fewer rows (--max-examples)."
    )


def best(scores: Mapping[int, float], kept: int) -> tuple[int, ...]:
    """Returns the settings to go on with: 0, which the search starts from, and the `kept` best others, in their order.

    `scores` has the mean probability of the right answers by the number of the settings.
    """
    ranked = sorted((at for at in scores if at != 0), key=lambda at: (-scores[at], at))
    return (0, *sorted(ranked[:kept]))


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Returns the median of measured to estimated seconds; 1 without a measurement."""
    ratios = sorted(measured / estimated for measured, estimated in pairs if estimated > 0)
    return ratios[len(ratios) // 2] if ratios else 1.0
