"""A form as HTML, with its state for the browser, and its problems."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from markupsafe import Markup

from backend.data.editing import ColumnsForm, Form, Place, Problem, RowForm, TextForm, ToolForm, form_text
from backend.data.text import escape
from ui.data.editing.controls import edit_button, name_field, problems_at, text_field
from ui.data.editing.row_fields import Tools, row_fields
from ui.data.editing.tool_fields import tool_fields

BLOCKED = "It is not saved yet. Correct the errors, or save it with them."


def form_view(form: Form, tools: Tools, key: str, note: str, *, focus: str = "", changed: bool = False) -> Markup:
    """The form; `key` names it in the browser's storage, and `changed` says whether it differs from the files."""
    return Markup(
        '<form class="card edit-form" novalidate data-key="{}" data-state="{}" data-turn="{}" data-focus="{}"{}>'
        '<div class="card-head"><h2>{}</h2></div><p class="note">{}</p>{}{}'
        '<p class="note" data-kept hidden></p><p class="note" role="status" data-saving hidden>Saving…</p>'
        '<div class="actions">{}</div></form>'
    ).format(
        key,
        form_text(form),
        secrets.token_hex(4),
        focus,
        Markup(" data-changed") if changed else "",
        _title(form),
        note,
        _fields(form, tools),
        problems_at(""),
        Markup("").join(_actions(form)),
    )


def first_field(form: Form, place: Place, problems: Iterable[Problem]) -> str:
    """The field that gets the focus when a form opens: the one of the problem that led there, else the first."""
    match form:
        case RowForm():
            return next((one.field for one in problems if one.code == place.more), "") or "message"
        case ToolForm():
            return "raw" if form.raw is not None else _tool_field(form, place.at)
        case TextForm():
            return "text"
    return "names.0"


def _tool_field(form: ToolForm, path: str) -> str:
    for at, argument in enumerate(form.arguments):
        if argument.name and f".properties.{argument.name}" in f"{path}.":
            return f"arguments.{at}.name"
    return "description" if path.endswith(".description") else "name"


def _title(form: Form) -> str:
    match form:
        case RowForm():
            return "New row" if form.line is None else f"Row of line {form.line:,}"
        case ToolForm():
            return "New tool" if form.place is None else f"Tool {escape(form.name)}"
        case TextForm():
            return "tools.json as text"
    return "Columns of the CSV"


def _fields(form: Form, tools: Tools) -> Markup:
    match form:
        case RowForm():
            return row_fields(form, tools)
        case ToolForm():
            return tool_fields(form)
        case TextForm():
            return text_field("text", "The text of tools.json", form.text, rows=12, code=True)
        case ColumnsForm():
            note = "The two needed columns are user_message and tool_calls."
            named = (name_field(f"names.{at}", f"Column {at + 1}", name) for at, name in enumerate(form.names))
            return Markup('<p class="note">{}</p>{}').format(note, Markup("").join(named))


def _actions(form: Form) -> Iterable[Markup]:
    yield Markup('<button type="submit" class="btn primary">Save</button>')
    if isinstance(form, RowForm | ToolForm):
        noun = "row" if isinstance(form, RowForm) else "tool"
        yield edit_button("save", f"Save and add another {noun}", kind="quiet", another="1")
    yield edit_button("leave", "Cancel", kind="quiet")
    if isinstance(form, RowForm) and form.line is not None:
        yield edit_button("remove", "Delete the row", kind="danger")
    if isinstance(form, ToolForm) and form.place is not None:
        yield edit_button("remove", "Delete the tool", kind="danger")
        yield edit_button("remove", "Delete it with its rows", kind="danger", rows="1")


def problems_view(problems: Iterable[Problem], *, blocked: bool = False) -> Markup:
    """The problems for the script, which puts each beside its field; `blocked` says that the form was not saved."""
    items = Markup("").join(
        Markup('<p class="{}" data-for="{}">{}</p>').format(one.severity, one.field, escape(one.message))
        for one in problems
    )
    anyway = edit_button("save", "Save with these errors", anyway="1") if blocked else ""
    says = Markup('<div data-for="" data-blocked><p>{}</p>{}</div>').format(BLOCKED, anyway) if blocked else ""
    return Markup('<div data-turn="{}">{}{}</div>').format(secrets.token_hex(4), items, says)
