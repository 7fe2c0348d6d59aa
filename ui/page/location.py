"""The location of a page: its run, data and step. The page's address contains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

STEPS = ("data", "train", "evaluate", "export", "try")
RUNS = "runs"
"""The view of all runs, which is no step of one run."""
UNADDRESSED = ("row", "asking", "fixing", "offer", "doctor", "missing", "only")
STEP_NAMES = {"data": "Data", "train": "Train", "evaluate": "Evaluate", "export": "Export", "try": "Try"}


@dataclass(frozen=True, slots=True)
class Location:
    """The id of the open run, or of data without a run, and the open step.

    `editing` names the open form (backend/data/editing/places.py), `tip` the last change, to which Redo leads,
    `row` the line that was edited last, at which the list of rows opens.
    `like` is the id of a run whose settings the form starts from. `asking` is the id of a run whose
    deletion the visitor has to confirm, `fixing` names the fixes in the preview (ui/work/fix_request.py), `offer`
    the requested price (ui/services/quotes.py), `doctor` the open check (ui/services/checkups.py), `missing`
    what the uploaded files still lack. None of these is part of the address.

    In the view of all runs, `step` is RUNS, `picked` has the ids of the compared runs, and `order` is the column by
    which the table is sorted. `only` names the rows that only one run answers right. It is not part of the address.
    ui/runs/choice.py reads the three.
    """

    run: str | None = None
    data: str | None = None
    step: str = "data"
    like: str | None = None
    editing: str | None = None
    tip: str | None = None
    row: str | None = None
    asking: str | None = None
    fixing: str | None = None
    offer: str | None = None
    doctor: str | None = None
    missing: str | None = None
    picked: str | None = None
    order: str | None = None
    only: str | None = None

    def to_dict(self) -> dict[str, str]:
        """The location as JSON without empty fields, which the browser stores."""
        return {key: value for key, value in asdict(self).items() if value}

    @property
    def query(self) -> str:
        """The query of this location, such as `?run=20261122-104512-3f2a&step=train`; empty for the start page."""
        shown = {key: value for key, value in self.to_dict().items() if key not in UNADDRESSED}
        return "" if shown == {"step": "data"} else "?" + urlencode(shown)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any] | None) -> Location:
        """The location in an address or in the browser's JSON; unknown values are ignored."""
        texts = {key: str(value) for key, value in (values or {}).items() if value}
        step = texts.get("step", "data")
        return cls(
            run=texts.get("run"),
            data=texts.get("data"),
            step=step if step in (*STEPS, RUNS) else "data",
            like=texts.get("like"),
            editing=texts.get("editing"),
            tip=texts.get("tip"),
            row=texts.get("row"),
            asking=texts.get("asking"),
            fixing=texts.get("fixing"),
            offer=texts.get("offer"),
            doctor=texts.get("doctor"),
            missing=texts.get("missing"),
            picked=texts.get("picked"),
            order=texts.get("order"),
            only=texts.get("only"),
        )
