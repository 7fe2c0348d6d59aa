"""One check of an exported file, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backend.document import Field


class Result(StrEnum):
    """The result of a check. UNCHECKED is separate from passed and failed."""

    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "could not check"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, its result, and what was found, as a sentence."""

    name: str
    result: Result
    detail: str

    @classmethod
    def from_field(cls, field: Field) -> Check:
        """Returns the check in a field of a document. Raises InputError if a field is damaged."""
        return cls(field["name"].text(), read_result(field["result"]), field.optional("detail", Field.text) or "")

    def to_dict(self) -> dict[str, Any]:
        """Returns the check as one JSON object."""
        return {"name": self.name, "result": self.result.value, "detail": self.detail}


def read_result(field: Field) -> Result:
    """Returns the result in a field of a document. Raises InputError if it is none."""
    return Result(field.word([result.value for result in Result]))
