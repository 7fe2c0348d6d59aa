"""Where a visitor stands: which run, which data, which step. It is also the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

STEPS = ("data", "train", "evaluate", "export", "try")
UNADDRESSED = ("asking", "fixing", "offer", "doctor")
STEP_NAMES = {"data": "Data", "train": "Train", "evaluate": "Evaluate", "export": "Export", "try": "Try"}


@dataclass(frozen=True, slots=True)
class Location:
    """A run's id, or the id of data that no run has been made of yet, and the step that is open.

    `like` is the id of a run whose settings the form starts from. `asking` is the id of a run that the visitor is asked
    about before it is deleted, `fixing` names the fixes that are looked at (ui/services/fix_request.py), `offer` the
    price that is asked for (quotes.py there), `doctor` the check that is looked at (checkups.py there); none of these
    is part of the address.
    """

    run: str | None = None
    data: str | None = None
    step: str = "data"
    like: str | None = None
    asking: str | None = None
    fixing: str | None = None
    offer: str | None = None
    doctor: str | None = None

    def to_dict(self) -> dict[str, str]:
        """The place without what is empty, as the browser keeps it."""
        return {key: value for key, value in asdict(self).items() if value}

    @property
    def query(self) -> str:
        """The address of this place, such as `?run=20261122-104512-3f2a&step=train`; empty at the very start."""
        shown = {key: value for key, value in self.to_dict().items() if key not in UNADDRESSED}
        return "" if shown == {"step": "data"} else "?" + urlencode(shown)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any] | None) -> Location:
        """The place that an address or the browser names; what is not known is left out."""
        texts = {key: str(value) for key, value in (values or {}).items() if value}
        step = texts.get("step", "data")
        return cls(
            run=texts.get("run"),
            data=texts.get("data"),
            step=step if step in STEPS else "data",
            like=texts.get("like"),
            asking=texts.get("asking"),
            fixing=texts.get("fixing"),
            offer=texts.get("offer"),
            doctor=texts.get("doctor"),
        )
