"""Rules on the schemas of arguments: whether the prompt template can render them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from backend.data.fixers import all_arguments, at, named_entries, standard_schemas
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import Path, listing, nearest, show
from backend.data.tools import TYPES, UNIONS, normal_schema, plain_type

_MANY_TOOLS = 15
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def _schemas(inputs: Inputs) -> Iterator[tuple[Path, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yields (path, noun for messages, schema, the tool's whole schema) of parameters, arguments and array items."""
    for entry, _ in named_entries(inputs):
        if isinstance(entry.schema, Mapping) and entry.schema:
            yield entry.schema_path, f"the parameters of {entry.name}", entry.schema, entry.schema
    for argument in all_arguments(inputs):
        root = argument.entry.schema
        schema, path, what = argument.schema, argument.path, f"the argument {argument.full_name}"
        while isinstance(schema, Mapping):
            yield path, what, schema, root
            schema, path, what = schema.get("items"), (*path, "items"), f"the items of {argument.full_name}"


@rule(
    "tools-parameters-not-an-object",
    "tools",
    "error",
    "A schema is not an object",
    'Parameters, properties and each argument\'s schema are objects: {"type": "object", "properties": {…}}.',
)
def not_an_object(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        schema = entry.schema
        if schema is not None and not isinstance(schema, Mapping):
            yield at(inputs, entry.schema_path, f"The parameters of {entry.name} are {show(schema)}, not an object.")
        elif isinstance(schema, Mapping) and _type_word(schema) not in ("object", None):
            message = f"The parameters of {entry.name} have the type {show(schema['type'])}; it must be object."
            yield at(inputs, (*entry.schema_path, "type"), message)
    for path, what, schema, _ in _schemas(inputs):
        if not isinstance(schema.get("properties", {}), Mapping):
            yield at(
                inputs,
                (*path, "properties"),
                f"The properties of {what} are {show(schema['properties'])}, not an object.",
            )
    for argument in all_arguments(inputs):
        if not isinstance(argument.schema, Mapping):
            seen = show(argument.schema)
            message = f"The schema of {argument.full_name} is {seen}; an object with type and description is needed."
            yield at(inputs, argument.path, message)


def _type_word(schema: Mapping[str, Any]) -> str | None:
    """Returns the type in JSON schema's own word, or None if the schema does not have exactly one type."""
    kind = schema.get("type")
    return plain_type(kind) if isinstance(kind, str) else None


@rule(
    "tools-type-missing",
    "tools",
    "error",
    "A type is missing",
    "Without it the template does not close a brace or renders a broken type, so the model sees a wrong argument. "
    "The fix adds the type if the rest of the schema determines it.",
    fixer=standard_schemas,
)
def type_missing(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, root in _schemas(inputs):
        if schema.get("type") is None and not any(key in schema for key in (*UNIONS, "$ref", "const")):
            kind = "object" if schema is root else normal_schema(schema, root, ()).get("type")
            fix = f'Add "type": "{kind}".' if kind else None
            yield at(inputs, path, f'The type of {what} is missing. Add "type": one of {", ".join(TYPES)}.', fix)


@rule(
    "tools-type-unknown",
    "tools",
    "error",
    "A type is unknown",
    f"JSON schema's types are {', '.join(TYPES)}.",
)
def type_unknown(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, _ in _schemas(inputs):
        kind = schema.get("type")
        if (isinstance(kind, str) and plain_type(kind) not in TYPES) or not isinstance(kind, str | list | None):
            likely = nearest(str(kind), TYPES)
            hint = f" Did you mean {likely}?" if likely else ""
            yield at(inputs, (*path, "type"), f"The type of {what} is {show(kind)}.{hint} Types: {', '.join(TYPES)}.")


@rule(
    "tools-union",
    "tools",
    "error",
    "A schema has several types or a reference",
    "The template renders broken text for type lists, anyOf, oneOf, allOf and $ref. The fix simplifies a schema that "
    "allows only one type, such as a string or null.",
    fixer=standard_schemas,
)
def union(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, root in _schemas(inputs):
        found = next((key for key in (*UNIONS, "$ref") if key in schema), None)
        if found is None and isinstance(schema.get("type"), list):
            found = "type"
        if found is None and "const" in schema and "type" not in schema:
            found = "const"
        if found:
            flat = normal_schema(schema, root, ())
            plain = isinstance(flat.get("type"), str) and not any(key in flat for key in (*UNIONS, "$ref"))
            fix = f"Write it as one {flat['type']}." if plain else None
            seen = "a list of types" if found == "type" else found
            yield at(
                inputs,
                (*path, found),
                f"{what[0].upper()}{what[1:]} has {seen}, which the template cannot render. Give it one type.",
                fix,
            )


@rule(
    "tools-required-unknown",
    "tools",
    "error",
    "required names an argument that does not exist",
    "Every name in required must be a key in properties.",
)
def required_unknown(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, _ in _schemas(inputs):
        required, properties = schema.get("required"), schema.get("properties")
        if not isinstance(required, list):
            continue
        known = properties if isinstance(properties, Mapping) else {}
        for number, name in enumerate(required):
            if isinstance(name, str) and name not in known:
                likely = nearest(name, known)
                hint = f" Did you mean {likely}?" if likely else ""
                message = f"required of {what} names {show(name)}, which is not an argument.{hint}"
                arguments = f" Arguments: {listing(known) or 'none'}."
                yield at(inputs, (*path, "required", number), message + arguments)


@rule(
    "tools-required-not-a-list",
    "tools",
    "error",
    "required is not a list of names",
    'It is a key next to properties and lists names: "required": ["query"].',
)
def required_not_a_list(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, _ in _schemas(inputs):
        required = schema.get("required", [])
        if not isinstance(required, list) or not all(isinstance(name, str) for name in required):
            message = f'required of {what} is {show(required)}. Write a list of names, such as ["query"].'
            yield at(inputs, (*path, "required"), message)


@rule(
    "tools-enum-invalid",
    "tools",
    "error",
    "An enum cannot be used",
    "An enum is a list of at least one value, and each value has the argument's type. The fix removes null.",
    fixer=standard_schemas,
)
def enum_invalid(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, _ in _schemas(inputs):
        if "enum" not in schema:
            continue
        values = schema["enum"]
        if not isinstance(values, list) or not values:
            yield at(inputs, (*path, "enum"), f"The enum of {what} is {show(values)}; a list of values is needed.")
            continue
        word = _type_word(schema)
        kind = _KINDS.get(word or "")
        for number, value in enumerate(values):
            if kind and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
                fix = "Remove null." if value is None and len(values) > 1 else None
                seen = "null" if value is None else show(value)
                yield at(inputs, (*path, "enum", number), f"The enum of {what} lists {seen}, not a valid {word}.", fix)


@rule(
    "tools-enum-not-string",
    "tools",
    "warning",
    "The model does not see an enum",
    "The template renders only enums of strings. List the values also in the description.",
)
def enum_not_string(inputs: Inputs) -> Iterator[Finding]:
    for path, what, schema, _ in _schemas(inputs):
        if "enum" in schema and _type_word(schema) in ("integer", "number", "boolean"):
            message = f"The enum of {what} is not in the prompt, because its type is {_type_word(schema)}."
            yield at(inputs, (*path, "enum"), message + " List the values in the description.")


@rule(
    "tools-open-object",
    "tools",
    "warning",
    "An object has no properties",
    "The template cannot render what the object may hold, and no rule can check the values in the rows.",
)
def open_object(inputs: Inputs) -> Iterator[Finding]:
    for argument in all_arguments(inputs):
        schema = argument.schema
        if isinstance(schema, Mapping) and _type_word(schema) == "object" and not schema.get("properties"):
            message = f"The argument {argument.full_name} is an object without properties. List them."
            yield at(inputs, argument.path, message)


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
