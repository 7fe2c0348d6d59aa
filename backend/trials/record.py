"""sweep.json: the record of a search, from which it continues and of which its table is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from backend.document import Field, check_schema
from backend.errors import InputError
from backend.files import read_json, write_json
from backend.runs import Run, RunConfig

SCHEMA = 1
NAME = "sweep.json"
MOST_BYTES = 8 * 1024 * 1024
ENDS = ("done", "failed", "skipped")


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial: the settings with number `settings`, `share` of their epochs, on fold `fold`.

    Fold 0 is that of the rounds; the final has one fold and one seed for each higher number. `match` is the mean
    probability of the right answers of the `rows` held-out rows, and `wrong` the ids of those that were not right.
    """

    settings: int
    share: float
    fold: int
    end: str
    seconds: float = 0.0
    match: float = 0.0
    rows: int = 0
    wrong: tuple[str, ...] = ()
    message: str = ""

    @property
    def key(self) -> tuple[int, float, int]:
        """What distinguishes the trial from others."""
        return self.settings, self.share, self.fold

    @classmethod
    def from_field(cls, field: Field) -> Trial:
        """Returns the trial in a field of a document. Raises InputError if a field is damaged."""
        return cls(
            settings=field["settings"].count(),
            share=field["share"].share(),
            fold=field["fold"].count(),
            end=field["end"].word(ENDS),
            seconds=field["seconds"].number(),
            match=field["match"].share(),
            rows=field["rows"].count(),
            wrong=tuple(one.text() for one in field["wrong"].list()),
            message=field["message"].text(),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the number of the chosen settings, whether they are better, and why in a sentence.

    On `rows` held-out rows, `gained` are right with the chosen settings only, `lost` with those of the start only.
    """

    settings: int
    better: bool
    reason: str
    rows: int = 0
    gained: int = 0
    lost: int = 0
    p: float = 1.0

    @classmethod
    def from_field(cls, field: Field) -> Found:
        """Returns the result in a field of a document. Raises InputError if a field is damaged."""
        counts = {name: field[name].count() for name in ("settings", "rows", "gained", "lost")}
        return cls(better=field["better"].flag(), reason=field["reason"].text(), p=field["p"].share(), **counts)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search: what was asked, the settings of its trials, the trials that ended, and what it found.

    `data` are the hashes of rows and tools. `settings` are the settings by number; those with number 0 are what it
    starts from. `planned` is the number of settings that are tried, None before the first trial has shown the speed.
    """

    minutes: float
    seeds: int
    most: int
    searched: tuple[str, ...]
    data: Mapping[str, str]
    settings: tuple[RunConfig, ...]
    planned: int | None = None
    trials: tuple[Trial, ...] = ()
    found: Found | None = None

    @property
    def seconds(self) -> float:
        """The seconds of all trials so far."""
        return sum(trial.seconds for trial in self.trials)

    def of(self, settings: int, share: float, fold: int) -> Trial | None:
        """The trial, None if it has not ended yet."""
        return next((trial for trial in self.trials if trial.key == (settings, share, fold)), None)

    def with_trial(self, trial: Trial) -> Sweep:
        """The search with one more trial."""
        return replace(self, trials=(*self.trials, trial))

    def same_order(self, other: Sweep) -> bool:
        """Whether both were asked for the same; only the minutes may differ."""
        mine, theirs = ((one.seeds, one.most, one.searched, one.settings, dict(one.data)) for one in (self, other))
        return mine == theirs

    def to_dict(self) -> dict[str, Any]:
        """The search as the object in sweep.json."""
        return {
            "schema": SCHEMA,
            **asdict(replace(self, settings=())),
            "data": dict(self.data),
            "settings": [config.to_dict() for config in self.settings],
        }

    @classmethod
    def from_dict(cls, value: object, source: str = NAME) -> Sweep:
        """Returns the search in a JSON object. Raises InputError with the first field that is missing or wrong."""
        field = Field(source, value)
        check_schema(field, SCHEMA)
        settings = tuple(_config(one) for one in field["settings"].list())
        found = cls(
            minutes=field["minutes"].number(),
            seeds=field["seeds"].count(),
            most=field["most"].count(),
            searched=tuple(one.text() for one in field["searched"].list()),
            data={name: one.text() for name, one in field["data"].items().items()},
            settings=settings,
            planned=field.optional("planned", Field.count),
            trials=tuple(Trial.from_field(one) for one in field["trials"].list()),
            found=field.optional("found", Found.from_field),
        )
        numbers = [trial.settings for trial in found.trials] + ([found.found.settings] if found.found else [])
        if not settings or any(number >= len(settings) for number in numbers):
            raise field["settings"].damage("a list with the settings of every trial")
        return found


def _config(field: Field) -> RunConfig:
    try:
        return RunConfig.from_dict(dict(field.mapping()))
    except InputError as error:
        raise field.damage(f"settings ({error})") from error


def sweep_path(run: Run) -> Path:
    """Returns the path of a run's sweep.json."""
    return run.path / NAME


def read_sweep(run: Run) -> Sweep | None:
    """Reads the run's search; None if it has none. Raises InputError if the file is damaged."""
    path = sweep_path(run)
    if path.is_symlink() or not path.is_file():
        return None
    return Sweep.from_dict(read_json(path, MOST_BYTES), str(path))


def write_sweep(run: Run, sweep: Sweep) -> None:
    """Writes the run's search completely or not at all. Raises InputError if the disk is full."""
    write_json(sweep_path(run), sweep.to_dict())


def finalists(trials: Sequence[Trial]) -> dict[int, list[Trial]]:
    """Returns the final's completed trials by the number of their settings."""
    found: dict[int, list[Trial]] = {}
    for trial in trials:
        if trial.fold and trial.end == "done":
            found.setdefault(trial.settings, []).append(trial)
    return found
