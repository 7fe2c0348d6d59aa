"""Writes more rows with a large model on the page: the plan, the teacher, the way by hand, and the review."""

from ui.data.growing.opening import grow_button, open_growing
from ui.data.growing.panel import Growing

__all__ = ["Growing", "grow_button", "open_growing"]
