"""The fields of a form as HTML: each with its label, a note, and a place for its problems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

Options = Sequence[tuple[str, str]]
"""The value and the label of each choice."""
SELECTED = Markup(" selected")


def edit_button(do: str, label: object, *, kind: str = "quiet small", title: str = "", **data: object) -> Markup:
    """A button whose click the script of the form handles (ui/static/editing.js)."""
    extra = Markup("").join(Markup(' data-{}="{}"').format(key, value) for key, value in data.items())
    hint = Markup(' aria-label="{}"').format(title) if title else ""
    return Markup('<button type="button" class="btn {}" data-edit="{}"{}{}>{}</button>').format(
        kind, do, extra, hint, label
    )


def text_field(name: str, label: str, value: str, *, note: str = "", rows: int = 1, code: bool = False) -> Markup:
    """A field for a text of one line or more; a text with line breaks always gets several."""
    kind = "mono" if code else ""
    lines = max(rows, min(12, value.count("\n") + 1))
    # The browser drops the first line break in a textarea.
    control = Markup('<textarea class="{}" rows="{}" {}>\n{}</textarea>').format(kind, lines, _named(name), value)
    return _field(name, label, control, note)


def name_field(name: str, label: str, value: str, *, note: str = "") -> Markup:
    """A field for a name, in which Enter saves the form."""
    if "\n" in value or "\r" in value:  # a field of one line would lose them
        return text_field(name, label, value, note=note, code=True)
    control = Markup('<input class="mono" type="text" autocomplete="off" spellcheck="false" value="{}" {}>').format(
        value, _named(name)
    )
    return _field(name, label, control, note)


def choice_field(name: str, label: str, value: str, options: Options, *, note: str = "", shapes: str = "") -> Markup:
    """A list of choices; a value that is none of them is one more. `shapes` is the step that a choice begins."""
    known = [option for option, _ in options]
    every = options if value in known else [(value, value or "none"), *options]
    inner = Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(option, SELECTED if option == value else "", text)
        for option, text in every
    )
    step = Markup(' data-shape="{}"').format(shapes) if shapes else ""
    return _field(name, label, Markup("<select {}{}>{}</select>").format(_named(name), step, inner), note)


def switch_field(name: str, label: str, value: bool) -> Markup:
    """A check box before its label."""
    checked = Markup(" checked") if value else ""
    box = Markup('<label class="edit-switch"><input type="checkbox" {}{}> {}</label>').format(
        _named(name), checked, label
    )
    return Markup('<div class="edit-field">{}{}</div>').format(box, problems_at(name))


def fieldset(title: str, parts: Iterable[Markup], aside: object = "") -> Markup:
    """Fields that belong together, with a title and a button beside it."""
    head = Markup('<div class="card-head"><h3>{}</h3>{}</div>').format(title, aside)
    return Markup('<div class="edit-group" role="group" aria-label="{}">{}{}</div>').format(
        title, head, Markup("").join(parts)
    )


def problems_at(name: str) -> Markup:
    """The place for the problems of a field; the script fills it."""
    return Markup('<div class="edit-problems" id="{}-problems" data-problems="{}" aria-live="polite"></div>').format(
        _id(name), name
    )


def _field(name: str, label: str, control: Markup, note: str) -> Markup:
    below = Markup('<p class="note">{}</p>').format(note) if note else ""
    return Markup('<div class="edit-field"><label for="{}">{}</label>{}{}{}</div>').format(
        _id(name), label, control, below, problems_at(name)
    )


def _named(name: str) -> Markup:
    return Markup('id="{0}" name="{1}" aria-describedby="{0}-problems"').format(_id(name), name)


def _id(name: str) -> str:
    return "edit-" + name.replace(".", "-")
