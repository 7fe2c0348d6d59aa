"""The settings of a run: their defaults, and the values that each may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from backend.errors import InputError
from backend.runs.choices import FULL_RATE
from backend.runs.setting import UNSET, setting, settings_of, shortened
from backend.runs.silence import SilenceSettings, answers_by_language
from backend.runs.usual_length import STARTER as STARTER


@dataclass(frozen=True, slots=True)
class RunConfig(SilenceSettings):
    """The settings of a run; the defaults are the starter model's.

    `test_split` is a share of the rows. Raises InputError if a value is not allowed.
    """

    test_split: float = setting(
        0.1,
        help="share of the rows held out for the evaluation",
        above=0,
        below=1,
        allowed="a share above 0 and below 1, such as 0.1",
        label="Held out",
        info="Share of the rows that the evaluation uses.",
        row="rows",
        step=0.05,
        unit="%",
    )
    max_examples: int | None = setting(
        None,
        help="train on at most this many rows, for a quick test",
        label="Rows at most",
        info="Empty: all of them.",
        row="rows",
        absent="all",
    )
    grown_share: float = setting(
        1.0,
        help="share of the rows that a large model wrote that are trained on",
        least=0,
        most=1,
        allowed="a share from 0 to 1, such as 0.5",
        summary=False,
    )
    seed: int = setting(
        42,
        help="makes split, weights and order repeatable",
        least=0,
        most=2**32 - 1,
        label="Seed",
        info="The same seed gives the same split.",
        row="rows",
    )
    trackio_project: str | None = setting(
        None,
        help="also log to this local Trackio project (view it with: trackio show); not in a job on Hugging Face, "
        "because its disk is deleted",
        label="Trackio project",
        info="Also log to this project. Empty: off.",
        row="last",
        longest=100,
    )
    allow_multiple_calls: bool = setting(False, help="rows may call several tools", about_rows=True)
    allow_no_call: bool = setting(False, help="rows may call nothing", about_rows=True)

    def __post_init__(self) -> None:
        for one in settings_of(type(self)):
            object.__setattr__(self, one.name, one.checked(getattr(self, one.name)))
        if self.base_model == STARTER and self.method != "full":
            raise InputError("method: the starter is trained from scratch, so it has no adapter. Give full.")
        answers_by_language(self.no_call_answer)

    def to_dict(self) -> dict[str, Any]:
        """The settings as one JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, stored: bool = False) -> Self:
        """Returns the settings in a JSON object. Raises InputError.

        Absent ones get their defaults, or if they are `stored` in a run, what held before the setting existed.
        """
        if not isinstance(values, Mapping):
            raise InputError(f"The run's settings must be an object of names and values, not {shortened(values)}.")
        if stored:
            values = {one.name: one.earlier for one in settings_of(cls) if one.earlier is not UNSET} | dict(values)
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        (base,) = (one for one in settings_of(cls) if one.name == "base_model")
        base_model = base.checked(known.get("base_model", STARTER))
        return cls(**{**cls.defaults(base_model, known.get("method", "lora")).to_dict(), **known})

    @classmethod
    def defaults(cls, base_model: str, method: object = "lora") -> Self:
        """The settings to start from: a starter is trained from scratch, another model is fine-tuned by `method`."""
        if base_model == STARTER:
            return cls()
        tuned = {one.name: one.tuned for one in settings_of(cls)} | {"base_model": base_model}
        return cls(**{**tuned, "method": "full", "lr": FULL_RATE}) if method == "full" else cls(**tuned)


def default_config(base_model: str, method: object = "lora") -> RunConfig:
    """The settings of RunConfig to start from with a base model and a method."""
    return RunConfig.defaults(base_model, method)
