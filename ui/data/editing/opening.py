"""Opens a form: from a list, from a problem, or to begin a set with nothing."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from backend.data.editing import EMPTY_CSV, EMPTY_TOOLS, NEW, place_of_issue
from backend.records import Issue
from ui.html import button
from ui.page import Location, PageState
from ui.services import Origin

SETTLE_SECONDS = 1.0
NEW_SET = "my-data.csv"


def open_place(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the form that an Edit button names."""
    if data.get("do") != "edit":
        return page_state.location
    location = replace(page_state.location, editing=data.get("editing"), fixing=None)
    form = replace(page_state, location=location).form
    if form:
        form.done.wait(SETTLE_SECONDS)
    return location


def begin(page_state: PageState) -> Location:
    """Open a set without rows and tools, and the form of its first tool."""
    origin = Origin(made="A new set.")
    draft = page_state.services.upload_store.add(EMPTY_CSV, EMPTY_TOOLS, NEW_SET, origin)
    return Location(data=draft, editing=f"tool:{NEW}")


def edit_link(label: str, editing: str, *, kind: str = "text", title: str = "") -> Markup:
    """A button that opens a form."""
    return button("edit", label, kind=kind, editing=editing, title=title)


def edit_problem(issue: Issue) -> Markup:
    """The button that leads to the field where a problem can be corrected; empty if only another file helps."""
    place = place_of_issue(issue)
    if place is None:
        return Markup("")
    label = "Add a row" if place == f"row:{NEW}" else "Edit"
    where = f"line {issue.line}" if issue.line is not None else issue.column or "the file"
    return edit_link(label, place, title=f"{label}: {where}")


def add_buttons() -> Markup:
    """The buttons that add a row and a tool."""
    row = edit_link("Add a row", f"row:{NEW}", kind="quiet")
    return row + edit_link("Add a tool", f"tool:{NEW}", kind="quiet")
