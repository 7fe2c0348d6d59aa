"""The settings that a search tries, drawn from a few values of each.

The values are drawn at random by scikit-learn's ParameterSampler, and halving (plan.py) decides which trials go on. A
model-based search such as optuna's is not used: its sampler begins with ten random trials, most budgets hold fewer, and
halving draws all trials before the first has a result. It would also bring SQLAlchemy, Alembic and Mako to every job.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from backend.errors import InputError
from backend.records import DECLARATIONS
from backend.runs import STARTER, RunConfig, default_config, planned_epochs

SEARCHED: Mapping[str, str] = {
    "base_model": "the base model",
    "declarations": "the tools in the prompt",
    "epochs": "the epochs",
    "lr": "the learning rate",
    "lora_r": "the rank of the adapter",
    "off_topic_share": "the share of off-topic messages",
    "grown_share": "the share of rows that a large model wrote",
}
"""The settings that can be searched, with their names in a sentence."""
EPOCHS, RATES, RANKS, OFF_TOPIC = (0.5, 1.0, 2.0), (0.25, 0.5, 1.0, 2.0, 4.0), (0.5, 1.0, 2.0), (0.5, 1.0, 1.5)
"""Factors of the values that the search starts from."""
GROWN_SHARES = (0.0, 0.5, 1.0)
MOST_CANDIDATES = 32
MOST_SHARE = 0.8


def searched_settings(
    config: RunConfig, bases: Sequence[str], *, grown: bool, wanted: Collection[str] = ()
) -> tuple[str, ...]:
    """Returns the settings to search: those of `wanted`, by default all, that can differ for this base and these rows.

    `bases` are the base models to choose from, and `grown` says whether a large model wrote some rows. Raises
    InputError if a name is unknown or cannot be searched here.
    """
    adapted = config.method == "lora" or any(base != STARTER for base in bases)
    possible = {
        "base_model": len({config.base_model, *bases}) > 1,
        "lora_r": adapted,
        "off_topic_share": config.stay_silent,
        "grown_share": grown,
    }
    usable = [name for name in SEARCHED if possible.get(name, True)]
    for name in wanted:
        if name not in SEARCHED:
            raise InputError(f"{name[:80]!r} cannot be searched. Choose from {', '.join(SEARCHED)}.")
        if name not in usable:
            raise InputError(
                f"{name} has only one value here, so it cannot be searched. Choose from {', '.join(usable)}."
            )
    return tuple(name for name in usable if not wanted or name in wanted)


def draw(config: RunConfig, bases: Sequence[str], searched: Collection[str], rows: int, seed: int) -> list[RunConfig]:
    """Returns up to MOST_CANDIDATES different settings in the order of their trials; the first are `config`.

    `rows` are the rows to train on, which decide what "auto" epochs are.
    """
    from sklearn.model_selection import ParameterGrid, ParameterSampler

    values: dict[str, Sequence[Any]] = {
        "base_model": list(dict.fromkeys((config.base_model, *bases))),
        "declarations": DECLARATIONS,
        "epochs": EPOCHS,
        "lr": RATES,
        "lora_r": RANKS,
        "off_topic_share": OFF_TOPIC,
        "grown_share": GROWN_SHARES,
    }
    grid = {name: list(values[name]) for name in SEARCHED if name in searched}
    count = min(len(ParameterGrid(grid)), 2 * MOST_CANDIDATES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may draw every point there is
        points = list(ParameterSampler(grid, count, random_state=seed % 2**32)) if grid else []
    Random(seed).shuffle(points)  # all points are drawn in their order if there are few
    found = [config, *(_at(config, point, rows) for point in points)]
    return [one for at, one in enumerate(found) if one not in found[:at]][:MOST_CANDIDATES]


def _at(config: RunConfig, point: Mapping[str, Any], rows: int) -> RunConfig:
    """The settings at a point: factors of the values that the search starts from, and chosen values."""
    start = _with_base(config, point.get("base_model", config.base_model))
    changed: dict[str, Any] = {name: point[name] for name in ("declarations", "grown_share") if name in point}
    if (factor := point.get("epochs", 1.0)) != 1.0:
        changed["epochs"] = max(1.0, float(round(planned_epochs(start, rows) * factor)))
    if (factor := point.get("lr", 1.0)) != 1.0:
        changed["lr"] = min(0.5, float(f"{start.lr * factor:.2g}"))
    if start.method == "lora" and (factor := point.get("lora_r", 1.0)) != 1.0:
        changed["lora_r"] = max(1, round(start.lora_r * factor))
        changed["lora_alpha"] = max(1, round(start.lora_alpha * factor))
    if (factor := point.get("off_topic_share", 1.0)) != 1.0:
        changed["off_topic_share"] = min(MOST_SHARE, round(start.off_topic_share * factor, 3))
    return replace(start, **changed)


def _with_base(config: RunConfig, base_model: str) -> RunConfig:
    """The settings for another base: its defaults, with what differs from the defaults in `config`."""
    if base_model == config.base_model:
        return config
    usual, start = default_config(config.base_model, config.method).to_dict(), default_config(base_model)
    own = {name: value for name, value in config.to_dict().items() if value != usual[name] and name in _KEPT}
    return replace(start, **own)


_KEPT = {
    *("prompt_format", "declarations", "stay_silent", "off_topic_share", "no_call_answer", "put_back"),
    *("test_split", "max_examples", "seed", "grown_share", "allow_multiple_calls", "allow_no_call", "precision"),
    *("engine", "early_stopping", "checkpoint_minutes", "max_seq_length", "epochs"),
}
"""The settings that mean the same for every base model."""


def changes(config: RunConfig, start: RunConfig) -> dict[str, Any]:
    """Returns the settings of `config` that differ from `start`, by name."""
    before = start.to_dict()
    return {name: value for name, value in config.to_dict().items() if value != before[name]}
