"""Rules on the required arguments and the enums of schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend.data.fixers import (
    all_places,
    at,
    describe_enums,
    has_other_values,
    is_unseen_enum,
    known_required,
    optional_if_null,
    retype_enums,
    standard_schemas,
    type_word,
)
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import json_text, listing, nearest, show
from backend.data.tools import accepts_null, dialect_of, normal_schema

_MANY_TOOLS = 15


@rule(
    "tools-required-unknown",
    "tools",
    "error",
    "required names an argument that does not exist",
    "Every name in required must be a key in properties. The fix writes the most similar argument, or removes the name "
    "if none is similar.",
    fixer=known_required,
    safe=False,
    batch=True,
)
def required_unknown(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        required, properties = place.schema.get("required"), place.schema.get("properties")
        if not isinstance(required, list) or dialect_of(place.schema, nested=not place.is_whole):
            continue
        known = properties if isinstance(properties, Mapping) else {}
        for number, name in enumerate(required):
            if isinstance(name, str) and name not in known:
                likely = nearest(name, known)
                hint = f" Did you mean {likely}?" if likely else ""
                message = f"required of {place.what} names {show(name)}, which is not an argument.{hint}"
                arguments = f" Arguments: {listing(known) or 'none'}."
                fix = f"Write {likely}." if likely and likely not in required else "Remove it from required."
                yield at(inputs, (*place.path, "required", number), message + arguments, fix)


@rule(
    "tools-required-not-a-list",
    "tools",
    "error",
    "required is not a list of names",
    'It is a key next to properties and lists names: "required": ["query"]. The fix writes this list; true inside an '
    "argument means that this argument is required.",
    fixer=standard_schemas,
)
def required_not_a_list(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        required = place.schema.get("required", [])
        if isinstance(required, list) and all(isinstance(name, str) for name in required):
            continue
        if dialect_of(place.schema, nested=not place.is_whole) is None:
            message = f'required of {place.what} is {show(required)}. Write a list of names, such as ["query"].'
            yield at(inputs, (*place.path, "required"), message, "Write a list of names.")


@rule(
    "tools-required-nullable",
    "tools",
    "warning",
    "A required argument may be null",
    "OpenAI's strict mode requires every argument, and null stands for one that was not said. The prompt format has no "
    "null: a row leaves the argument out. The fix takes it out of required.",
    fixer=optional_if_null,
)
def required_nullable(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        required, properties = place.schema.get("required"), place.schema.get("properties")
        for number, name in enumerate(required if isinstance(required, list) else ()):
            item = properties.get(name) if isinstance(properties, Mapping) and isinstance(name, str) else None
            if item is not None and accepts_null(item, place.entry.references, marked=True):
                message = f"{show(name)} of {place.what} is required and may be null. It is read as optional."
                yield at(inputs, (*place.path, "required", number), message, "Take it out of required.")


@rule(
    "tools-enum-invalid",
    "tools",
    "error",
    "An enum cannot be used",
    "An enum is a list of at least one value, and each value has the argument's type. The fix removes null and an "
    'empty enum, and writes a value of another type in the argument\'s own, such as 2 for "2".',
    fixer=standard_schemas,
)
def enum_invalid(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if "enum" not in place.schema or dialect_of(place.schema, nested=not place.is_whole):
            continue
        values, word = place.schema["enum"], type_word(place.schema)
        normal = normal_schema(place.schema, place.entry.references)
        if not isinstance(values, list) or not values:
            fix = f"Write {json_text(normal['enum'])}." if normal.get("enum") else "Remove it."
            message = f"The enum of {place.what} is {show(values)}; a list of values is needed."
            yield at(inputs, (*place.path, "enum"), message, fix if isinstance(normal.get("enum", []), list) else None)
            continue
        if word is None or has_other_values(normal):
            continue
        for number, value in enumerate(values):
            if has_other_values({"type": word, "enum": [value]}):
                kept = value is None and len(values) > 1
                fix = "Remove null." if kept else f"Write the values as {word}."
                message = f"The enum of {place.what} lists {show(value)}, not a valid {word}."
                yield at(inputs, (*place.path, "enum", number), message, fix)


@rule(
    "tools-enum-mixed",
    "tools",
    "error",
    "An enum has values that its type does not have",
    "The type of an argument and the values of its enum contradict each other. The fix writes the type of the values; "
    "if they have several types, all of them become strings.",
    fixer=retype_enums,
    safe=False,
    batch=True,
)
def enum_mixed(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        normal = normal_schema(place.schema, place.entry.references) if "enum" in place.schema else {}
        if not place.is_whole and has_other_values(normal):
            message = f"The enum of {place.what} is {show(normal['enum'])}, but the type is {normal['type']}."
            yield at(inputs, (*place.path, "enum"), message, "Write the type of the values.")


@rule(
    "tools-enum-not-string",
    "tools",
    "warning",
    "The model does not see an enum",
    "Of an argument, the template renders only an enum of strings. The fix lists the values in the description. Enums "
    "of an array's items are rendered whatever their type.",
    fixer=describe_enums,
    safe=False,
    batch=True,
)
def enum_not_string(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if not place.is_whole and not place.is_items and is_unseen_enum(place.schema):
            message = f"The enum of {place.what} is not in the prompt, because its type is {type_word(place.schema)}."
            path = (*place.path, "enum")
            yield at(inputs, path, message + " List the values in the description.", "Add them to the description.")


@rule(
    "tools-many",
    "tools",
    "warning",
    f"More than {_MANY_TOOLS} tools",
    "Every tool adds tokens to the prompt, and a model of 270M parameters confuses many tools.",
)
def many_tools(inputs: Inputs) -> Iterator[Finding]:
    if len(inputs.tools) > _MANY_TOOLS:
        yield at(inputs, (), f"There are {len(inputs.tools)} tools; a small model confuses over {_MANY_TOOLS}.")
