"""The form field of a setting: its component, and the conversion of its value in both directions."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import gradio as gr
from gradio.components import Component

from backend.runs import Setting, settings_of
from ui.page import Panel

ROWS = (
    *("basic", "silence", "share", "format", "rate", "batch", "method", "adapter", "lora"),
    *("answer", "rows", "last", "more"),
)
"""The form's rows from top to bottom; a setting that names none is in the last."""


def form_settings(settings: type[Any], row: str | None = None) -> list[Setting]:
    """The settings that have a field in the form, in the order of the form; those of `row` only if it is given."""
    shown = [one for one in settings_of(settings) if one.label and row in (None, one.row)]
    return sorted(shown, key=lambda one: (ROWS.index(one.row), one.column))


class SettingFields(Panel):
    """The fields of the settings; each is an attribute with the setting's name."""

    def __init__(self, settings: type[Any]) -> None:
        self._settings = settings

    def build(self, row: str, *classes: str) -> None:
        """Create the fields of a row in the current Gradio context; a single field gets the whole width."""
        found = form_settings(self._settings, row)
        with gr.Row(elem_classes=["ft-row", *classes]) if len(found) > 1 else nullcontext():
            for one in found:
                setattr(self, one.name, component(one, one.default))

    def named(self) -> dict[str, Component]:
        """The fields by the settings' names, in the order of the form."""
        return {one.name: getattr(self, one.name) for one in form_settings(self._settings)}


def component(setting: Setting, value: Any) -> Component:
    """The field of a setting: a list of choices, a checkbox, a number, or a line of text."""
    words: dict[str, Any] = {"label": setting.label, "info": setting.info}
    if setting.words:
        return gr.Dropdown(offered(setting), value=value, filterable=False, **words)
    if setting.kind is bool:
        return gr.Checkbox(value, **words)
    if written(setting):
        return gr.Textbox(to_field(setting, value), max_length=setting.longest, **words)
    least = setting.lowest if setting.kind is int else setting.least
    lowest = least if setting.lowest_offered is None else setting.lowest_offered
    precision = 0 if setting.kind is int else None
    return gr.Number(value, step=setting.step or 1, minimum=lowest, precision=precision, **words)


def offered(setting: Setting) -> list[tuple[str, str]]:
    """The choices as (title, value); a value without a title is its own title."""
    titles = {**setting.choices, **{word: word for word in setting.words if word not in setting.choices}}
    return [(title, word) for word, title in titles.items()]


def written(setting: Setting) -> bool:
    """Whether the field is a line of text: for text, and for numbers that may be `auto` or empty."""
    return setting.kind is str or bool(setting.besides)


def to_field(setting: Setting, value: Any) -> Any:
    """The field's value for a setting's value."""
    if setting.words or not written(setting):
        return value
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def from_field(setting: Setting, value: Any) -> Any:
    """The setting's value for a field's value; invalid text is returned unchanged, and validation refuses it."""
    if setting.words or not written(setting):
        return value
    text = str(value if value is not None else "").strip()
    if setting.kind is str:
        return text or _without(setting, value)
    if text.casefold() in ("", "auto", *(["all"] if setting.kind is int else [])):
        return _without(setting, value)
    return _number(setting.kind, text, value)


def _without(setting: Setting, value: Any) -> Any:
    return setting.besides[0] if setting.besides else value


def _number(kind: type[Any], text: str, value: Any) -> Any:
    if kind is int:
        whole = text.replace(",", "")
        return int(whole) if whole.isdecimal() else value
    try:
        return float(text)
    except ValueError:
        return value
