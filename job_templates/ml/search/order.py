"""What a search is asked for, and the record of a search that is begun or continued."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from backend.errors import InputError
from backend.records import Example
from backend.runs import Run, RunConfig
from backend.trials import DEFAULT_SEEDS, MOST_CANDIDATES, Sweep, draw, read_sweep, searched_settings, sweep_path


@dataclass(frozen=True, slots=True)
class Request:
    """What a search is asked for: its minutes, what it searches, and how much at most.

    `bases` are further base models, `wanted` the settings to search (empty: all), `most` the most settings that are
    tried.
    """

    minutes: float
    bases: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    seeds: int = DEFAULT_SEEDS
    most: int = MOST_CANDIDATES


def started_with(folder: Path, config: RunConfig) -> tuple[RunConfig, RunConfig]:
    """Returns the settings that a search in a folder started from, and those that its run has now.

    Both are `config` without a search. If `config` is what the search has found, the app started it again with the
    run's own settings. Raises InputError if the search is damaged.
    """
    if not (folder / "run.json").is_file():
        return config, config
    run = Run.open(folder)
    sweep = read_sweep(run)
    if sweep is None or run.config not in sweep.settings:
        return config, config
    return (sweep.settings[0] if config == run.config else config), run.config


def begin(run: Run, config: RunConfig, request: Request, rows: tuple[Example, ...], *, resume: bool) -> Sweep:
    """Returns the search of the run: with `resume` the one that was begun, else a new one.

    Raises InputError if there is one already, if it was asked for something else, or if nothing can be searched.
    """
    grown = any(row.is_grown for row in rows)
    searched = searched_settings(config, request.bases, grown=grown, wanted=request.wanted)
    data = {name: str(run.data.get(name, "")) for name in ("dataset_sha256", "tools_sha256")}
    settings = tuple(draw(config, request.bases, searched, len(rows), config.seed))
    new = Sweep(request.minutes, request.seeds, request.most, searched, data, settings)
    before = read_sweep(run)
    if before is None:
        return new
    if not resume:
        raise InputError(f"{sweep_path(run)} has a search already. Continue it with --resume, or name a new folder.")
    if not before.same_order(new):
        raise InputError(
            f"The search in {run.path} was started with other settings, rows or flags. Continue it with the same ones, "
            "or name a new folder."
        )
    return replace(before, minutes=request.minutes)
