"""The result of a search: the finalists with the most right rows, held against the settings that it started from."""

from __future__ import annotations

from collections.abc import Sequence

from backend.runs import default_config
from backend.scoring import mcnemar
from backend.trials.record import Found, Sweep, Trial, finalists

LEVEL = 0.05
"""The largest p of McNemar's test at which the found settings count as better."""


def choose(sweep: Sweep) -> Found:
    """Returns the chosen settings: others than those of the start only if they are better on the final's rows.

    The final's rows and seeds chose no finalist. Each row of each seed counts once (exact McNemar test).
    """
    start, *_ = sweep.settings
    same = "the defaults are" if start == default_config(start.base_model, start.method) else "your settings are"
    ended = finalists(sweep.trials)
    pairs = {at: _pair(trials, ended.get(0, [])) for at, trials in ended.items() if at}
    pairs = {at: found for at, found in pairs.items() if found[0]}
    if not pairs:
        return Found(0, better=False, reason=f"No other settings came to the end, so {same} kept.")
    number = max(pairs, key=lambda at: ((pairs[at][1] - pairs[at][2]) / pairs[at][0], -at))
    rows, gained, lost = pairs[number]
    p = mcnemar(lost, gained)
    better = gained > lost and p < LEVEL
    seeds = len(_common(ended[number], ended[0]))
    counted = f"{gained} of {rows} held-out rows are right only with the best other settings, {lost} only without"
    said = f"{counted} ({seeds} seed{'' if seeds == 1 else 's'}, p = {p:.3f})."
    if better:
        return Found(
            number, better=True, reason=f"Better settings were found: {said}", rows=rows, gained=gained, lost=lost, p=p
        )
    reason = f"No better settings were found, {same} as good: {said}"
    return Found(0, better=False, reason=reason, rows=rows, gained=gained, lost=lost, p=p)


def _common(own: Sequence[Trial], other: Sequence[Trial]) -> list[tuple[Trial, Trial]]:
    """The trials of both on the same folds."""
    by_fold = {trial.fold: trial for trial in other}
    return [(trial, by_fold[trial.fold]) for trial in own if trial.fold in by_fold]


def _pair(own: Sequence[Trial], other: Sequence[Trial]) -> tuple[int, int, int]:
    """The rows that both scored, those that only `own` has right, and those that only `other` has right."""
    pairs = _common(own, other)
    gained = sum(len(set(theirs.wrong) - set(mine.wrong)) for mine, theirs in pairs)
    lost = sum(len(set(mine.wrong) - set(theirs.wrong)) for mine, theirs in pairs)
    return sum(mine.rows for mine, _ in pairs), gained, lost
