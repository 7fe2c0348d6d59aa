"""Undo and Redo: each change is a draft that names the draft before it."""

from __future__ import annotations

from backend.errors import InputError
from ui.data.settling import after_check
from ui.page import Location, PageState

MAX_STEPS = 1_000
"""The most changes that Redo walks back through to find the next one."""


def undo(page_state: PageState) -> Location:
    """Open the data before the last change; Redo leads back."""
    location, parent = page_state.location, page_state.source.origin.parent if page_state.source else None
    if not parent or page_state.run:
        return location
    return after_check(page_state, Location(data=parent, like=location.like, tip=location.tip or location.data))


def redo(page_state: PageState) -> Location:
    """Open the data after the change that was undone last."""
    location, following = page_state.location, next_draft(page_state)
    if following is None:
        return location
    tip = location.tip if following != location.tip else None
    return after_check(page_state, Location(data=following, like=location.like, tip=tip))


def next_draft(page_state: PageState) -> str | None:
    """The draft that Redo opens; None if no change was undone."""
    location, draft = page_state.location, page_state.location.tip
    for _ in range(MAX_STEPS):
        if not draft or not location.data or draft == location.data:
            return None
        try:
            parent = page_state.services.upload_store.open(draft).origin.parent
        except (InputError, OSError, TypeError, ValueError):
            return None
        if parent == location.data:
            return draft
        draft = parent
    return None
