"""The fields of a row: its message and its calls, with a field for each argument."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from backend.data.editing import CallForm, RowForm, ValueField, allowed_values, field_kind
from backend.records import Tool
from ui.data.editing.controls import choice_field, edit_button, fieldset, problems_at, text_field
from ui.html import callout

Tools = Mapping[str, Tool]
KINDS = {"number": "A number.", "json": "JSON."}
NO_CALL = "This row calls nothing. It teaches the model to answer such a message without a call."
RAW = 'A list of calls as JSON, such as [{"name": "play_music", "args": {"query": "jazz"}}].'


def row_fields(form: RowForm, tools: Tools) -> Markup:
    """Every field of a row."""
    return Markup("").join(_parts(form, tools))


def _parts(form: RowForm, tools: Tools) -> Iterator[Markup]:
    if form.broken:
        yield callout("warn", "This line could not be read as a row", "Saving writes the row again from these fields.")
        yield Markup('<pre class="listing" tabindex="0">{}</pre>').format(form.broken[:2_000])
    yield text_field("message", "Message", form.message, note="What a user says.", rows=2)
    if form.raw is not None:
        yield text_field("raw", "Calls as JSON", form.raw, note=RAW, rows=6, code=True)
        yield edit_button("shape", "Edit the calls in fields", step="fields")
    else:
        yield from (_call(at, call, tools, len(form.calls)) for at, call in enumerate(form.calls))
        if not form.calls:
            yield Markup('<p class="note">{}</p>').format(
                NO_CALL if tools else "Add a tool first, then choose it here."
            )
        yield problems_at("calls")
        add = [edit_button("shape", "Add a call", step="add-call")] if tools else []
        buttons = [*add, edit_button("shape", "Edit the calls as JSON", step="text", kind="bare small")]
        yield Markup('<div class="actions">{}</div>').format(Markup("").join(buttons))
    if form.answer is not None and not form.calls and form.raw is None:
        yield text_field("answer", "Answer", form.answer, note="What the model says instead. Empty: nothing.")
    if form.split is not None:
        sides = [("", "not decided"), ("train", "train"), ("test", "test")]
        yield choice_field("split", "Used for", form.split, sides, note="The split column of your CSV.")


def _call(at: int, call: CallForm, tools: Tools, calls: int) -> Markup:
    title = f"Call {at + 1}" if calls > 1 else "Call"
    remove = edit_button("shape", "Remove", step="remove-call", at=at, title=f"Remove call {at + 1}", kind="bare small")
    tool = tools.get(call.tool)
    chosen = choice_field(
        f"calls.{at}.tool", "Tool", call.tool, [(name, name) for name in tools], shapes="tool",
        note=tool.description if tool else "",
    )  # fmt: skip
    values = [_value(f"calls.{at}.values.{number}.text", field, tool) for number, field in enumerate(call.values)]
    return fieldset(title, [chosen, *values], remove)


def _value(name: str, field: ValueField, tool: Tool | None) -> Markup:
    schema: Any = tool.properties.get(field.name) if tool else None
    known = schema if isinstance(schema, Mapping) else {}
    kind = field_kind(schema, field.was)
    optional = "" if tool and field.name in tool.required else " (optional)" if known else " (not in tools.json)"
    note = " ".join(filter(None, [KINDS.get(kind, ""), str(known.get("description", ""))]))
    label = f"{field.name}{optional}"
    if kind != "choice":
        return text_field(name, label, field.text, note=note, code=kind == "json")
    texts = [(json.dumps(one, ensure_ascii=False), one) for one in allowed_values(schema)]
    options = [("", "leave it out" if optional else "choose")]
    options += [(text, one if isinstance(one, str) else text) for text, one in texts]
    if field.text not in dict(options):
        options.append((field.text, f"{field.text} (not allowed)"))
    return choice_field(name, label, field.text, options, note=note)
