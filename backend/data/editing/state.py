"""Writes a form as JSON for the browser, and reads it back with what was typed there."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, is_dataclass
from typing import Any, cast, get_args, get_type_hints

from backend.data.editing.forms import ColumnsForm, Form, RowForm, TextForm, ToolForm
from backend.data.text import parse_json
from backend.errors import InputError

MAX_STATE_CHARACTERS = 8_000_000
MAX_ITEMS = 5_000
KINDS: dict[str, type[Any]] = {"row": RowForm, "tool": ToolForm, "tools": TextForm, "columns": ColumnsForm}


def form_text(form: Form) -> str:
    """Returns the form as JSON in ASCII, so that no character is lost in a page."""
    kind = next(name for name, made in KINDS.items() if isinstance(form, made))
    return json.dumps({"kind": kind, **asdict(form)})


def read_form(text: str, typed: str = "{}") -> Form:
    """Returns the form in `text` with the values of `typed`, a JSON object of paths such as `calls.0.tool`.

    Raises InputError if one of them is not what a page sends, or too large.
    """
    if len(text) + len(typed) > MAX_STATE_CHARACTERS:
        raise InputError("The form is too large. Shorten its texts, or edit the file and upload it again.")
    try:
        document, changes = json.loads(text), json.loads(typed)
        kind = document.pop("kind")
        for path, value in changes.items():
            _put(document, path.split("."), value)
        return _readable(cast(Form, _record(KINDS[kind], document)))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise InputError("The form that the page sent cannot be read. Close it and open it again.") from error


def _readable(form: Form) -> Form:
    """Returns the form. Raises ValueError if a value of the file is not JSON."""
    for call in form.calls if isinstance(form, RowForm) else ():
        for field in call.values:
            parse_json(field.was or "0")
    return form


def _put(document: Any, path: list[str], value: Any) -> None:
    """Replaces a value that exists."""
    *steps, last = path
    for step in steps:
        document = document[int(step)] if isinstance(document, list) else document[step]
    key: Any = int(last) if isinstance(document, list) else last
    document[key]
    document[key] = value


def _record(made: type[Any], value: Any) -> Any:
    hints = get_type_hints(made)
    return made(**{one.name: _value(hints[one.name], value[one.name]) for one in fields(made)})


def _value(hint: Any, value: Any) -> Any:
    """Returns a value of the field's type. Raises TypeError if it is another one."""
    if is_dataclass(hint):
        return _record(cast(type[Any], hint), value)
    kinds = get_args(hint)
    if Ellipsis in kinds:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise TypeError("not a list, or too long")
        return tuple(_value(kinds[0], item) for item in value)
    if type(value) not in (kinds or (hint,)):
        raise TypeError(f"not {hint}")
    return value
