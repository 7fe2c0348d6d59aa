"""The description of a setting: its type, its range, and its texts on the command line and in the form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from backend.errors import InputError

MAX_TEXT = 300
MOST = 10**9
Kind = type[str] | type[int] | type[float] | type[bool]
UNSET: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting of a dataclass of settings; a setting without a label has no field in the form.

    `kind`, `words` (of a Literal) and `besides` ("auto" or None, also allowed) follow from the type hint. `tuned`
    is the default if a pretrained model is fine-tuned, `earlier` the value of runs that were made before the setting
    existed. The defaults are appended to `help`, unless it contains them. `least` and `most` are allowed values,
    `above` and `below` are not. `longest` limits a text in the form; above MAX_TEXT, it is the limit everywhere.
    `choices` are the form's texts in their order. `row` and `column` are the field's place in the form. `summary` is
    True if the run's page shows the value, in `unit`, or `absent` for None.
    """

    name: str = ""
    kind: Kind = str
    words: tuple[str, ...] = ()
    besides: tuple[str | None, ...] = ()
    default: Any = None
    tuned: Any = UNSET
    earlier: Any = UNSET
    help: str = ""
    metavar: str | None = None
    about_rows: bool = False
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    allowed: str = ""
    label: str = ""
    info: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    row: str = "more"
    column: int = 0
    step: float | None = None
    lowest_offered: float | None = None
    longest: int | None = None
    summary: bool = True
    unit: str = ""
    absent: str = ""

    @property
    def flag(self) -> str:
        """The setting's flag on the command line, such as `--batch-size`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def help_text(self) -> str:
        """The flag's help with the default of a pretrained model and, if it differs, of the starter."""
        default, starter = self._as_text(self.tuned), self._as_text(self.default)
        if self.kind is bool or not default or "(default" in self.help:
            return self.help
        return f"{self.help} (default {default}{'' if default == starter else f'; starter {starter}'})"

    def _as_text(self, value: Any) -> str:
        return self.absent if value is None else f"{value:g}" if self.kind is float and value != "auto" else str(value)

    def shown(self, value: Any) -> str:
        """Returns a value of the setting for people, with its unit."""
        if value is None or isinstance(value, bool):
            return {None: self.absent or "–", True: "yes", False: "no"}[value]
        if isinstance(value, str):
            return value
        if self.unit == "%":
            return f"{100 * value:.0f} %"
        if self.unit:
            return f"{value:,} {self.unit}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def checked(self, value: object) -> Any:
        """Returns the value in the setting's type; whole floats (from JSON or number boxes) become integers.

        Raises InputError with the allowed values.
        """
        if (value is None or isinstance(value, str)) and value in self.besides:
            return value
        if self.words:
            return self._require(value in self.words, value, "one of " + ", ".join(self.words))
        if self.kind is bool:
            return self._require(isinstance(value, bool), value, "true or false")
        return self._text(value) if self.kind is str else self._number(value)

    def _text(self, value: object) -> str:
        most = max(MAX_TEXT, self.longest or 0)
        fits = isinstance(value, str) and value.strip() and len(value) <= most and value.isprintable()
        return str(self._require(bool(fits), value, f"a line of text of 1 to {most} characters")).strip()

    def _number(self, given: object) -> int | float:
        auto = "auto, or " if "auto" in self.besides else ""
        value = int(given) if self.kind is int and isinstance(given, float) and given.is_integer() else given
        number = isinstance(value, int if self.kind is int else int | float) and not isinstance(value, bool)
        fits = self._require(number and self._within(value), value, auto + (self.allowed or self._range()))
        return int(fits) if self.kind is int else float(fits)

    def _within(self, value: Any) -> bool:
        """Whether a number is in the range; NaN never is."""
        low = value > self.above if self.above is not None else value >= self.lowest
        high = value < self.below if self.below is not None else value <= self.highest
        return bool(low and high)

    @property
    def lowest(self) -> float:
        """The smallest allowed number if `above` is not set; 1 by default for integers."""
        usual = 1 if self.kind is int else -MOST
        return usual if self.least is None else self.least

    @property
    def highest(self) -> float:
        """The largest allowed number if `below` is not set."""
        return MOST if self.most is None else self.most

    def _range(self) -> str:
        if self.kind is int:
            return f"a whole number from {self.lowest:,} to {self.highest:,}"
        low = f"from {self.lowest:,g} to" if self.above is None else f"above {self.above:,g} and"
        high = f"{self.highest:,g}" if self.below is None else f"below {self.below:,g}"
        return f"a number {low} {'at most ' if self.above is not None and self.below is None else ''}{high}"

    def _require(self, holds: bool, value: object, allowed: str) -> Any:
        if not holds:
            raise InputError(f"{self.name.replace('_', ' ')}: {shortened(value)} is not allowed. Give {allowed}.")
        return value


def setting(default: Any, **about: Any) -> Any:
    """Returns a dataclass field with its description; `about` are the attributes of Setting."""
    return field(default=default, metadata={"setting": Setting(default=default, **about)})


def settings_of(settings: type[Any]) -> tuple[Setting, ...]:
    """Returns the settings of a dataclass, in the order of its fields."""
    hashable: Any = settings  # mypy treats the class of a frozen dataclass with slots as unhashable
    return _settings_of(hashable)


@lru_cache
def _settings_of(settings: Any) -> tuple[Setting, ...]:
    hints = get_type_hints(settings)
    return tuple(_typed(one.metadata["setting"], one.name, hints[one.name]) for one in fields(settings))


def _typed(given: Setting, name: str, hint: Any) -> Setting:
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    literals = tuple(word for part in parts if get_origin(part) is Literal for word in get_args(part))
    kind = next((part for part in parts if part in (str, int, float, bool)), None)
    return replace(
        given,
        name=name,
        kind=kind or str,
        words=() if kind else literals,
        besides=(*(literals if kind else ()), *([None] if NoneType in parts else [])),
        tuned=given.default if given.tuned is UNSET else given.tuned,
    )


def shortened(value: object) -> str:
    """Returns a value for a message: its first 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
