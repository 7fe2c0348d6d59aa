"""Waits a moment for the check of data that is opened, because most checks take less than a second."""

from __future__ import annotations

from dataclasses import replace

from backend.errors import InputError
from ui.page import Location, PageState

SETTLE_SECONDS = 0.7


def after_check(page_state: PageState, location: Location) -> Location:
    """The location, after a short wait for its check, because most checks take less than a second."""
    opened = replace(page_state, location=location)
    if opened.source_error:
        raise InputError(opened.source_error)
    if opened.check:
        opened.check.done.wait(SETTLE_SECONDS)
    return location
