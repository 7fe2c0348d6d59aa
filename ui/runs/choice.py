"""Reads from a location which runs are compared, how the table is sorted, and which rows are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.comparing import MOST_RUNS, Candidate
from backend.errors import InputError
from ui.html import page_number
from ui.page import Location, PageState
from ui.services import Summary, candidate

LETTERS = "ABCDEF"
"""The labels of the compared runs, in the order in which they were picked."""
LONGEST = 1_000
"""Characters of a location's field that are read."""
TOO_MANY = f"At most {MOST_RUNS} runs can be compared at once. Take one out first."
NOT_EVALUATED = "This run has no evaluation, so it cannot be compared. Evaluate it first."


@dataclass(frozen=True, slots=True)
class Only:
    """The rows that the run `right` answers right and the run `wrong` does not, and the page of their list."""

    right: str
    wrong: str
    page: int = 0

    @property
    def text(self) -> str:
        """The value of the location's field."""
        return f"{self.right} {self.wrong} {self.page}"


def can_be_picked(summary: Summary) -> bool:
    """Whether the run has scored rows."""
    return summary.accuracy is not None and summary.error is None


def picked(page_state: PageState) -> list[Summary]:
    """The picked runs of this visitor that can be compared, in the order in which they were picked."""
    names = dict.fromkeys((page_state.location.picked or "")[:LONGEST].split(","))
    known = {summary.id: summary for summary in page_state.runs if can_be_picked(summary)}
    return [known[name] for name in names if name in known][:MOST_RUNS]


def toggled(page_state: PageState, run_id: str) -> str | None:
    """The location's field after a click on a run. Raises InputError if it cannot be picked."""
    before = [summary.id for summary in picked(page_state)]
    if run_id in before:
        return ",".join(name for name in before if name != run_id) or None
    if not any(summary.id == run_id and can_be_picked(summary) for summary in page_state.runs):
        raise InputError(NOT_EVALUATED)
    if len(before) == MOST_RUNS:
        raise InputError(TOO_MANY)
    return ",".join([*before, run_id])


def candidates(page_state: PageState, runs: Sequence[Summary]) -> list[Candidate]:
    """The scored rows of these runs; a run whose evaluation was deleted meanwhile is left out."""
    root = page_state.services.store.root
    found = (candidate(summary.id, summary.name, root / summary.id / "evaluation.json") for summary in runs)
    return [one for one in found if one]


def read_only(location: Location, runs: Sequence[Summary]) -> Only | None:
    """The listed rows; None if there are none, or they belong to a run that is not compared."""
    right, wrong, page, *_ = [*(location.only or "")[:LONGEST].split(" "), "", "", ""]
    ids = [summary.id for summary in runs]
    return Only(right, wrong, page_number(page)) if right in ids and wrong in ids and right != wrong else None
