"""Rules on the texts in tools.json, and on its parts that the prompt leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend.data.fixers import (
    all_arguments,
    at,
    clean_texts,
    description_text,
    named_entries,
    without_halves,
    without_tokens,
    write_descriptions,
)
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import escape, path_text, reserved_token, show, walk
from backend.data.tools import plain_type

LONGEST = 500
_UNSEEN = (
    "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
    "format", "minItems", "maxItems", "uniqueItems", "multipleOf", "examples", "additionalProperties",
)  # fmt: skip


@rule(
    "tools-description-missing",
    "tools",
    "warning",
    "A description is missing",
    "The model chooses tools and arguments by their descriptions.",
)
def description_missing(inputs: Inputs) -> Iterator[Finding]:
    for entry, function in named_entries(inputs):
        if entry.tool and not str(function.get("description") or "").strip():
            path = (*entry.function_path, "description")
            yield at(inputs, path, f"The tool {entry.name} has no description. Describe when to call it.")
    for argument in all_arguments(inputs):
        if isinstance(argument.schema, Mapping) and not str(argument.schema.get("description") or "").strip():
            yield at(
                inputs, argument.path, f"The argument {argument.full_name} has no description. Describe its value."
            )


@rule(
    "tools-description-not-text",
    "tools",
    "error",
    "A description is not a text",
    "The prompt contains the description. The model would see a list or an object in it as Python code. The fix writes "
    "a text.",
    fixer=write_descriptions,
    safe=False,
)
def description_not_text(inputs: Inputs) -> Iterator[Finding]:
    for entry, function in named_entries(inputs):
        if not isinstance(function.get("description") or "", str):
            path = (*entry.function_path, "description")
            message = f"The description of {entry.name} is {show(function['description'])}, not a text."
            yield at(inputs, path, message, f"Write {show(description_text(function['description']))}.")
    for argument in all_arguments(inputs):
        if isinstance(argument.schema, Mapping) and not isinstance(argument.schema.get("description") or "", str):
            path = (*argument.path, "description")
            message = f"The description of {argument.full_name} is not a text."
            yield at(inputs, path, message, f"Write {show(description_text(argument.schema['description']))}.")


@rule(
    "tools-description-long",
    "tools",
    "warning",
    "A description is very long",
    f"A description over {LONGEST} characters leaves fewer tokens for the message in every prompt.",
)
def description_long(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        if entry.tool and len(entry.tool.description) > LONGEST:
            path = (*entry.function_path, "description")
            yield at(
                inputs,
                path,
                f"The description of {entry.name} has {len(entry.tool.description):,} characters. Shorten it.",
            )
    for argument in all_arguments(inputs):
        text = argument.schema.get("description") if isinstance(argument.schema, Mapping) else None
        if isinstance(text, str) and len(text) > LONGEST:
            path = (*argument.path, "description")
            yield at(inputs, path, f"The description of {argument.full_name} has {len(text):,} characters. Shorten it.")


@rule(
    "tools-not-one-query",
    "tools",
    "warning",
    "The tool does not take exactly one string called query",
    "Some runtimes and apps support only one string argument called query. Other arguments can also be trained and "
    "exported.",
)
def not_one_query(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        tool = entry.tool
        if tool is None:
            continue
        schema = tool.properties.get("query", {})
        if list(tool.properties) != ["query"] or plain_type(str(schema.get("type", ""))) != "string":
            names = ", ".join(escape(name) for name in tool.properties) or "no arguments"
            yield at(
                inputs, entry.path, f"{escape(tool.name)} has {names}; the simplest apps expect one string, query."
            )


@rule(
    "tools-unseen",
    "tools",
    "info",
    "The model does not see a part of tools.json",
    "The template leaves out keys such as return, default, minimum and format. Put what matters into a description.",
)
def unseen(inputs: Inputs) -> Iterator[Finding]:
    for entry, function in named_entries(inputs):
        for key in ("return", "returns", "outputSchema"):
            if key in function:
                yield at(inputs, (*entry.function_path, key), f"The model never sees {key} of {entry.name}.")
    for argument in all_arguments(inputs):
        keys = [key for key in _UNSEEN if isinstance(argument.schema, Mapping) and key in argument.schema]
        if keys:
            path = (*argument.path, keys[0])
            yield at(inputs, path, f"The model never sees {', '.join(keys)} of {argument.full_name}.")


@rule(
    "tools-reserved-token",
    "tools",
    "error",
    "A text contains a control token",
    "The template does not escape it, so it changes the structure of the prompt. The fix removes it.",
    fixer=clean_texts(without_tokens),
    safe=False,
)
def reserved(inputs: Inputs) -> Iterator[Finding]:
    for path, value in walk(inputs.tools_file.raw):
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        for text in texts:
            token = reserved_token(text)
            if token:
                where = path if isinstance(value, str) else (*path, text)
                fix = "Remove it." if inputs.tools_file.entries else None
                yield at(inputs, where, f"{path_text(where)} holds the control token {token}. Remove it.", fix)


@rule(
    "tools-broken-character",
    "tools",
    "error",
    "A text contains half a character",
    "A lone surrogate is half of a character. It cannot be written as UTF-8. The fix removes it.",
    fixer=clean_texts(without_halves),
    safe=False,
)
def lone_surrogate(inputs: Inputs) -> Iterator[Finding]:
    for path, value in walk(inputs.tools_file.raw):
        texts = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
        if any("\ud800" <= character <= "\udfff" for text in texts for character in text):
            fix = "Remove it." if inputs.tools_file.entries else None
            yield at(inputs, path, f"{path_text(path)} contains half a character. Write the whole character.", fix)
