"""What a run was asked to do: its settings, their defaults, and what each may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from math import isnan
from typing import Any, Literal, get_args

from backend.errors import InputError
from backend.records import DECLARATIONS, FORMATS, Declarations, FormatName

STARTER = "starter"
MAX_TEXT = 300
EPOCHS_ALLOWED = "auto, or a number above 0 (0.5 trains on half the rows once)"
Method = Literal["full", "lora"]
LoraTargets = Literal["all", "attention"]
Scheduler = Literal["cosine", "linear", "constant"]
Engine = Literal["shared", "plain"]
PrecisionName = Literal["auto", "float32", "bfloat16"]
METHODS: tuple[Method, ...] = get_args(Method)
LORA_TARGETS: tuple[LoraTargets, ...] = get_args(LoraTargets)
SCHEDULERS: tuple[Scheduler, ...] = get_args(Scheduler)
ENGINES: tuple[Engine, ...] = get_args(Engine)
PRECISIONS: tuple[PrecisionName, ...] = get_args(PrecisionName)
FULL_RATE = 5e-5
"""The peak rate where all weights of a pretrained model move: an adapter's would undo what it knows."""
WORDS = {
    "prompt_format": FORMATS,
    "declarations": DECLARATIONS,
    "method": METHODS,
    "lora_targets": LORA_TARGETS,
    "lr_scheduler": SCHEDULERS,
    "engine": ENGINES,
    "precision": PRECISIONS,
}


@dataclass(frozen=True, slots=True)
class RunConfig:
    """The settings of a run; the defaults are the starter model's. InputError where a value is not allowed.

    `lr` is the peak learning rate, `max_seq_length` is in tokens, `test_split` is the share held out, `warmup_ratio`
    the share of the steps in which the rate rises, `early_stopping` how many looks at the held-out rows without a
    better one end the training, `precision` what products are made in; whole floats (JSON, number boxes) are taken for
    integers. `epochs` are passes over the rows, "auto" as many as they need (epochs.planned_epochs).
    """

    base_model: str = STARTER
    prompt_format: FormatName = "native"
    declarations: Declarations = "none"
    epochs: float | Literal["auto"] = "auto"
    lr: float = 1e-3
    batch_size: int = 32
    max_seq_length: int | Literal["auto"] = "auto"
    method: Method = "full"
    lora_r: int = 16
    lora_alpha: int = 32
    lora_targets: LoraTargets = "all"
    lora_dropout: float = 0.0
    warmup_ratio: float = 0.05
    lr_scheduler: Scheduler = "cosine"
    weight_decay: float = 0.1
    early_stopping: int | None = None
    checkpoint_minutes: float = 5.0
    engine: Engine = "shared"
    precision: PrecisionName = "auto"
    test_split: float = 0.1
    max_examples: int | None = None
    seed: int = 42
    trackio_project: str | None = None
    allow_multiple_calls: bool = False
    allow_no_call: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _checked(field.name, getattr(self, field.name)))
        if self.base_model == STARTER and self.method != "full":
            raise InputError("method: the starter is trained from scratch, so there is nothing to adapt. Give full.")

    def to_dict(self) -> dict[str, Any]:
        """The settings as one JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RunConfig:
        """The settings in a JSON object; absent ones take the base model's defaults, unknown ones are left aside."""
        if not isinstance(values, Mapping):
            raise InputError(f"The run's settings must be an object of names and values, not {_shown(values)}.")
        known = {field.name: values[field.name] for field in fields(cls) if field.name in values}
        base_model = _text("base_model", known.get("base_model", STARTER))
        return cls(**{**default_config(base_model, known.get("method", "lora")).to_dict(), **known})


def default_config(base_model: str, method: object = "lora") -> RunConfig:
    """The settings to start from: a starter is trained from scratch, any other model is fine-tuned by `method`."""
    if base_model == STARTER:
        return RunConfig()
    tuned = RunConfig(base_model=base_model, lr=5e-4, batch_size=8, method="lora", weight_decay=0.01)
    return replace(tuned, method="full", lr=FULL_RATE) if method == "full" else tuned


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _refuse(name: str, value: object, allowed: str) -> InputError:
    return InputError(f"{name.replace('_', ' ')}: {_shown(value)} is not allowed. Give {allowed}.")


def _integer(name: str, value: object, least: int, most: int = 10**9) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _refuse(name, value, f"a whole number from {least:,} to {most:,}")
    return value


def _number(name: str, value: object, most: float, allowed: str, *, zero: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and isnan(value)):
        raise _refuse(name, value, allowed)
    if not 0 <= value < most or (value == 0 and not zero):
        raise _refuse(name, value, allowed)
    return float(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
        raise _refuse(name, value, f"a line of text of 1 to {MAX_TEXT} characters")
    return value.strip()


def _word(name: str, value: object, words: tuple[str, ...]) -> str:
    if value not in words:
        raise _refuse(name, value, "one of " + ", ".join(words))
    return str(value)


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise _refuse(name, value, "true or false")
    return value


def _checked(name: str, value: object) -> object:
    """The value in its own type, or InputError saying what the setting may be."""
    match name:
        case "base_model":
            return _text(name, value)
        case "prompt_format" | "declarations" | "method" | "lora_targets" | "lr_scheduler" | "engine" | "precision":
            return _word(name, value, WORDS[name])
        case "epochs":
            return value if value == "auto" else _number(name, value, 100_000, EPOCHS_ALLOWED)
        case "lr":
            return _number(name, value, 1, "a learning rate above 0 and below 1, such as 5e-4")
        case "test_split":
            return _number(name, value, 1, "a share above 0 and below 1, such as 0.1")
        case "lora_dropout" | "warmup_ratio" | "weight_decay":
            return _number(name, value, 1, "a share from 0 to below 1, such as 0.05", zero=True)
        case "checkpoint_minutes":
            return _number(name, value, 10_000, "a number of minutes above 0, such as 5")
        case "max_seq_length":
            return value if value == "auto" else _max_seq_length(value)
        case "max_examples" | "early_stopping":
            return None if value is None else _integer(name, value, 1)
        case "trackio_project":
            return None if value is None else _text(name, value)
        case "allow_multiple_calls" | "allow_no_call":
            return _switch(name, value)
        case "seed":
            return _integer(name, value, 0, 2**32 - 1)
        case _:
            return _integer(name, value, 1)


def _max_seq_length(value: object) -> int:
    try:
        return _integer("max_seq_length", value, 16, 131_072)
    except InputError:
        raise _refuse("max_seq_length", value, "auto, or a whole number from 16 to 131,072") from None
