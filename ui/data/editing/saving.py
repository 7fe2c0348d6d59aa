"""Saves a form: a change of the files becomes a new draft, and the draft before stays for Undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from backend.data.editing import (
    NEW,
    Edited,
    EditRequest,
    Form,
    Problem,
    RowForm,
    ToolForm,
    problems_of,
    read_form,
)
from backend.errors import InputError
from backend.runs import Scratch
from ui.data.settling import after_check
from ui.page import Location, PageState
from ui.services import BOUNDS

WAITED_SECONDS = BOUNDS.seconds + 30.0
"""The longest wait for a change, with its turn after others."""
LAST_LINE = "999999999"
"""A line after every row of a CSV within the limits."""
SEVERAL = "Rows may call several tools now."
NOTHING = "Rows may call nothing now."


def form_key(page_state: PageState) -> str:
    """The name of the open form in the browser's storage."""
    location = page_state.location
    return f"{location.run or location.data} {location.editing}"


def typed_form(data: Mapping[str, str]) -> Form:
    """The form that a page sent, with what was typed. Raises InputError."""
    return read_form(data.get("state", ""), data.get("typed", "{}"))


def check_form(page_state: PageState, form: Form) -> tuple[Problem, ...]:
    """What the rules find in a form."""
    data = page_state.data
    return problems_of(form, data.dataset, data.tools, data.options) if data else ()


def attempt(page_state: PageState, data: Mapping[str, str]) -> tuple[Edited | None, tuple[Problem, ...]]:
    """The changed files; None if the form has errors and was not to be saved with them, with its problems.

    A form of another location is not saved. Raises InputError if the change cannot be made.
    """
    source, current = page_state.source, page_state.data
    if source is None or current is None or data.get("key") != form_key(page_state):
        return None, ()
    form, delete = typed_form(data), "remove" in data
    problems = () if delete else check_form(page_state, form)
    if any(one.severity == "error" for one in problems) and "anyway" not in data:
        return None, problems
    request = EditRequest(form, delete=delete, with_rows=delete and "rows" in data)
    task = page_state.services.checker.edited(current, source.test, request, page_state.services.owner)
    if not task.done.wait(WAITED_SECONDS):
        raise InputError("Much is being saved on this server. Save again in a minute.")
    if task.result is None:
        raise InputError(task.error or "The change could not be saved. Save again.")
    return task.result, problems


def save(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the data with the change of a form, and the next form if one was asked for; else the same location.

    The form's other listener says why a form was not saved.
    """
    try:
        done, _ = attempt(page_state, data)
    except InputError:
        return page_state.location
    if done is None:
        return page_state.location
    following = _following(typed_form(data)) if "another" in data else None
    row = _line(typed_form(data))
    return after_check(page_state, replace(_stored(page_state, done), editing=following, row=row))


def _line(form: Form) -> str | None:
    """The line at which the list of rows opens: that of the edited row, the last one after a new row."""
    if not isinstance(form, RowForm):
        return None
    return LAST_LINE if form.line is None else str(form.line)


def _following(form: Form) -> str:
    if isinstance(form, ToolForm):
        return f"tool:{NEW}"
    tool = form.calls[0].tool if isinstance(form, RowForm) and form.calls else ""
    return f"row:{NEW}:{tool}"


def _stored(page_state: PageState, done: Edited) -> Location:
    """The location of the changed data; the same one if nothing changed."""
    source, location = page_state.source, page_state.location
    files = {"dataset": done.dataset, "tools": done.tools}
    changed: dict[str, Any] = {name: content for name, content in files.items() if content is not None}
    if source is None or not (changed or done.test):
        return location
    origin = source.origin
    several = done.several and not origin.allow_multiple_calls
    nothing = done.nothing and not origin.allow_no_call
    said = [done.said, *([SEVERAL] if several else []), *([NOTHING] if nothing else [])]
    origin = replace(
        origin,
        made=" ".join(said),
        parent=location.data,
        allow_multiple_calls=origin.allow_multiple_calls or several,
        allow_no_call=origin.allow_no_call or nothing,
    )
    with Scratch() as folder:
        if done.test is not None and source.test is not None:
            changed["test"] = Path(folder) / source.test.name
            changed["test"].write_bytes(done.test)
        draft = page_state.services.upload_store.add_changed(source, origin=origin, **changed)
    return Location(data=draft, like=location.like or location.run)
