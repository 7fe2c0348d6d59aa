"""What a check of a file can say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a check ended; that something could not be checked is never told as one of the other two."""

    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "could not check"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what came out, and in a sentence what was seen."""

    name: str
    result: Result
    detail: str

    def to_json(self) -> dict[str, str]:
        """The check as one JSON object."""
        return {"name": self.name, "result": self.result.value, "detail": self.detail}
