"""Opens the writing of rows, and closes it."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from ui.html import button
from ui.page import Location, PageState
from ui.services import Growth, Task

SETTLE_SECONDS = 1.0
TITLE = "Write more rows with a large model"


def grow_button() -> Markup:
    """The button that opens it."""
    return button("grow", f"{TITLE}…")


def open_growing(page_state: PageState, *, anew: bool = False) -> Location:
    """Open the last growth of this data, or a new one. Raises InputError.

    Visitors without a login share a folder, so only the address of the page leads them back to theirs.
    """
    services, location = page_state.services, page_state.location
    of, known = location.run or location.data, not services.identity.visitor
    found = services.growths.latest(of) if of and known and not anew else None
    opened = replace(location, growing=found or services.growths.new(), fixing=None, editing=None)
    task = replace(page_state, location=opened).growth
    if task:
        task.done.wait(SETTLE_SECONDS)
    return opened


def closed(page_state: PageState) -> Location:
    """The same data without the writing of rows; what runs goes on."""
    return replace(page_state.location, growing=None)


def growth_of(page_state: PageState) -> Growth | None:
    """The open growth; None while it is read, or if it cannot be."""
    task = page_state.growth
    return task.result if task else None


def working(page_state: PageState, growth: Growth) -> Task[object] | None:
    """The work of a teacher that has not ended; None if there is none."""
    task = page_state.services.growths.asking(growth)
    return task if task and not task.done.is_set() else None  # type: ignore[return-value]
