"""Who writes the rows of a growth, as the page's fields have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from backend.document import Field
from backend.errors import InputError

Way = Literal["hand", "address", "hub"]
WAYS: tuple[Way, ...] = ("hand", "address", "hub")
LONGEST = 500
"""Characters of an address or of the name of a model."""


@dataclass(frozen=True, slots=True)
class TeacherChoice:
    """Who writes the rows: a person with a chat, a server at an address, or Hugging Face; `most` is in US dollars.

    A key is no part of it, because the choice is saved.
    """

    way: Way = "hand"
    address: str = ""
    model: str = ""
    most: float = 1.0

    @classmethod
    def read(cls, saved: Field) -> TeacherChoice:
        """Returns the saved choice. Raises InputError if it is damaged."""
        way = next(way for way in WAYS if way == saved["way"].word(WAYS))
        return cls(way, saved["address"].text(), saved["model"].text(), saved["most"].number())

    def to_dict(self) -> dict[str, Any]:
        """Returns the choice as one JSON object."""
        return {"way": self.way, "address": self.address, "model": self.model, "most": self.most}


def choice_of(way: str | None, address: str | None, model: str | None, most: float | None) -> TeacherChoice:
    """Returns a choice as the fields of the page have it. Raises InputError if one is too long or no amount."""
    if most is None or not 0 < most <= 10_000:
        raise InputError("Enter a limit in US dollars, above 0 and up to 10,000.")
    chosen = next((known for known in WAYS if known == way), WAYS[0])
    place, name = (address or "").strip() if chosen == "address" else "", " ".join((model or "").split())
    if max(len(place), len(name)) > LONGEST:
        raise InputError(f"The address and the name of the model may have {LONGEST} characters.")
    return TeacherChoice(chosen, place, name, float(most))
