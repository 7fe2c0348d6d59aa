"""The Kotlin file of the Android kit: a run's tools as classes, the engine's set-up, and typed calls.

What it compiles against was read in LiteRT-LM's Kotlin sources and in apps that use litertlm-android 0.18.0
(2026-11-22); tests/unit/device compiles the generated files with kotlinc 2.4 against declarations of that shape.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.data.tools import AppName
from backend.device.canonical import canonical_tools
from backend.device.kotlin_schema import schema_source
from backend.device.kotlin_text import (
    class_names,
    comment_text,
    kotlin_type,
    property_names,
    raw_json,
    string_literal,
)
from backend.prompts import DEVELOPER_SENTENCE, NEUTRALIZED, PAD, RESERVED, STOP_TOKENS
from backend.records import FormatName, Tool

PACKAGE = "com.example.functiongemma"
"""The package of the generated file until an app gives its own."""

ANSWER_MARGIN = 16
"""Tokens that an answer may run over the longest one in the data before the phone stops it."""

MAX_DEPTH = 32
"""Levels of nesting after which the kit refuses a value, as backend/prompts/native_parser.py does."""

WIDTH = 120
"""Columns of a generated comment."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool: `key` in the call, `property` and `type` in Kotlin, `reader` the function between."""

    key: str
    property: str
    type: str
    reader: str
    required: bool
    note: str


@dataclass(frozen=True, slots=True)
class ToolClass:
    """One tool: `name` in the call, `kotlin` its class name, `declaration` its JSON for a raw Kotlin string.

    `schema` is the Kotlin expression by which a call is checked.
    """

    name: str
    kotlin: str
    note: str
    declaration: str
    schema: str
    arguments: tuple[Argument, ...]


def tool_classes(tools: Sequence[Tool]) -> tuple[ToolClass, ...]:
    """The tools as the templates show them."""
    names = class_names(tool.name for tool in tools)
    return tuple(
        ToolClass(
            name=tool.name,
            kotlin=names[tool.name],
            note=comment_text(f"{tool.name}: {tool.description}"),
            declaration=raw_json(function, indent=4),
            schema=schema_source(tool),
            arguments=_arguments(tool),
        )
        for tool, function in zip(tools, canonical_tools(tools), strict=True)
    )


def kotlin_source(
    tools: Sequence[Tool],
    prompt_format: FormatName,
    file: str,
    context: int,
    answer_tokens: int,
    package: str = PACKAGE,
    *,
    constrained: bool = False,
    app_names: Sequence[AppName] = (),
) -> str:
    """Returns the Kotlin file for the model `file`; `context` and `answer_tokens` are limits in tokens.

    `constrained` says that the file passed verification with constrained decoding, which the Kotlin file then uses.
    `app_names` are the app's own names of tools and arguments that were renamed.
    """
    return render(
        f"{prompt_format}.kt.jinja",
        tools=tool_classes(tools),
        app_names=app_names,
        prompt_format=prompt_format,
        constrained=constrained,
        file=comment_text(file),
        context=context,
        answer_limit=answer_tokens + ANSWER_MARGIN,
        package=package,
        sentence=DEVELOPER_SENTENCE,
        reserved=RESERVED.pattern,
        padding=PAD,
        endings=(*STOP_TOKENS, PAD),
        neutralized=NEUTRALIZED,
        max_depth=MAX_DEPTH,
    )


def usage_source(tools: Sequence[Tool]) -> str:
    """Returns a `when` over every call that an app can receive, to be filled in: statements, not a whole file."""
    return render("usage.kt.jinja", tools=tool_classes(tools))


def render(template: str, **values: Any) -> str:
    """Returns a rendered template. Raises UndefinedError if a value is missing."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["literal"] = string_literal
    environment.filters["kdoc"] = _kdoc
    return environment.get_template(template).render(values).rstrip() + "\n"


def _kdoc(text: str, indent: int) -> str:
    """Returns `text` as a KDoc comment whose later lines are indented by `indent` spaces."""
    lines = textwrap.wrap(text, WIDTH - indent - len("/**  */"), break_long_words=False, break_on_hyphens=False)
    if len(lines) <= 1:
        return f"/** {text} */"
    return ("\n" + " " * indent).join(["/**", *(f" * {line}" for line in lines), " */"])


def _arguments(tool: Tool) -> tuple[Argument, ...]:
    names = property_names(tool.properties)
    return tuple(_argument(key, names[key], schema, key in tool.required) for key, schema in tool.properties.items())


def _argument(key: str, name: str, schema: Any, required: bool) -> Argument:
    kind, reader = kotlin_type(schema)
    known: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    note = comment_text(str(known.get("description", "")))
    if known.get("enum"):
        values = comment_text(", ".join(str(value) for value in known["enum"]))
        note = f"{note.rstrip('.')}. One of: {values}." if note else f"One of: {values}."
    return Argument(key, name, kind, reader, required, note)
