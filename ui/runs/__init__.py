"""The view of all runs: the table, and the comparison of picked runs on the same held-out rows."""

from ui.runs.states import base_name, state_of
from ui.runs.view import RunsView

__all__ = [
    "RunsView",
    "base_name",
    "state_of",
]
