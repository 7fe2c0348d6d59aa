"""The fields of a tool: its name, its description and its arguments."""

from __future__ import annotations

from markupsafe import Markup

from backend.data.editing import ArgumentForm, ToolForm
from ui.data.editing.controls import choice_field, edit_button, fieldset, name_field, switch_field, text_field

TYPES = (
    ("string", "text"),
    ("integer", "whole number"),
    ("number", "number"),
    ("boolean", "true or false"),
    ("array", "list"),
    ("object", "object"),
)
RAW = "The whole entry of tools.json."
REST = 'What the fields above do not show, as JSON, such as {"minimum": 0} or {"items": {"type": "string"}}.'


def tool_fields(form: ToolForm) -> Markup:
    """Every field of a tool; as JSON if fields cannot hold it."""
    if form.raw is not None:
        text = text_field("raw", "The tool as JSON", form.raw, note=RAW, rows=10, code=True)
        return text + edit_button("shape", "Edit it in fields", step="fields")
    renames = "Renaming it also renames it in the rows." if form.place is not None else "What the model writes."
    parts = [
        name_field("name", "Name of the tool", form.name, note=f"Letters, digits and _, such as play_music. {renames}"),
        text_field("description", "Description", form.description, note="What it does, for the model.", rows=2),
        *(_argument(at, argument) for at, argument in enumerate(form.arguments)),
        Markup('<div class="actions">{}{}</div>').format(
            edit_button("shape", "Add an argument", step="add-argument"),
            edit_button("shape", "Edit it as JSON", step="text", kind="bare small"),
        ),
    ]
    return Markup("").join(parts)


def _argument(at: int, form: ArgumentForm) -> Markup:
    path = f"arguments.{at}"
    remove = edit_button(
        "shape", "Remove", step="remove-argument", at=at, title=f"Remove argument {at + 1}", kind="bare small"
    )
    rest = text_field(f"{path}.rest", "Rest of the schema", form.rest, note=REST, rows=2, code=True)
    kinds = TYPES if form.type else (("", "as in the rest of the schema"), *TYPES)
    parts = [
        name_field(f"{path}.name", "Name of the argument", form.name),
        choice_field(f"{path}.type", "Type", form.type, kinds),
        text_field(f"{path}.description", "Description of the argument", form.description),
        text_field(f"{path}.values", "Allowed values", form.values, note="One on each line. Empty: any value."),
        switch_field(f"{path}.required", "Required in every call", form.required),
        Markup('<details class="more"{}><summary>More of the schema (JSON)</summary>{}</details>').format(
            Markup(" open") if form.rest else "", rest
        ),
    ]
    return fieldset(f"Argument {at + 1}", parts, remove)
