"""Rules on the types in schemas: whether each schema has one that the prompt template can render."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backend.data.fixers import (
    Place,
    all_arguments,
    all_places,
    at,
    cut_references,
    decided_schema,
    has_no_type,
    has_several_types,
    has_unknown_type,
    named_entries,
    standard_schemas,
    type_word,
    write_types,
)
from backend.data.rows import Finding, Inputs, rule, seen_values
from backend.data.text import nearest, show
from backend.data.tools import (
    TYPES,
    UNIONS,
    dialect_of,
    is_recursive,
    normal_schema,
    read_type,
    reference_of,
)

_FROM_ROWS = "The fix writes the type that the rows have, else the first that the schema names, else string."
_TYPES = ", ".join(TYPES)


@rule(
    "tools-parameters-not-an-object",
    "tools",
    "error",
    "A schema is not an object",
    'Parameters, properties and each argument\'s schema are objects: {"type": "object", "properties": {…}}.',
    fixer=standard_schemas,
)
def not_an_object(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        schema = entry.schema
        if schema is not None and not isinstance(schema, Mapping) and not dialect_of(schema, nested=False):
            yield at(inputs, entry.schema_path, f"The parameters of {entry.name} are {show(schema)}, not an object.")
        elif isinstance(schema, Mapping) and type_word(schema) not in ("object", None):
            message = f"The parameters of {entry.name} have the type {show(schema['type'])}; it must be object."
            fix = 'Write "object".' if isinstance(schema.get("properties"), Mapping) else None
            yield at(inputs, (*entry.schema_path, "type"), message, fix)
    for place in all_places(inputs):
        properties = place.schema.get("properties", {})
        flat = dialect_of(place.schema, nested=not place.is_whole)
        if not isinstance(properties, Mapping) and flat is None:
            message = f"The properties of {place.what} are {show(properties)}, not an object."
            yield at(inputs, (*place.path, "properties"), message)
    for argument in all_arguments(inputs):
        if not isinstance(argument.schema, Mapping):
            word = argument.schema if isinstance(argument.schema, str) else None
            if word is not None and argument.path[-2] != "properties":
                continue
            fix = f'Write {{"type": {show(word)}}}.' if word is not None and read_type(word) else None
            fix = "Write {}, and give it a type." if argument.schema is None else fix
            message = f"The schema of {argument.full_name} is {show(argument.schema)}; an object with type and "
            yield at(inputs, argument.path, message + "description is needed.", fix)


@rule(
    "tools-type-missing",
    "tools",
    "error",
    "A type is missing",
    "Without it the template does not close a brace or renders a broken type, so the model sees a wrong argument. "
    "The fix adds the type that the rest of the schema determines.",
    fixer=standard_schemas,
)
def type_missing(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if place.schema.get("type") is not None or dialect_of(place.schema, nested=not place.is_whole):
            continue
        if any(key in place.schema for key in (*UNIONS, "const")) or reference_of(place.schema) or has_no_type(place):
            continue
        kind = "object" if place.is_whole else normal_schema(place.schema, place.entry.references).get("type")
        if kind is None:
            continue
        message = f'The type of {place.what} is missing. Add "type": one of {_TYPES}.'
        yield at(inputs, place.path, message, f'Add "type": "{kind}".')


@rule(
    "tools-type-undecided",
    "tools",
    "error",
    "A type is missing, and nothing in the schema determines it",
    f"Without a type the template renders a broken argument. {_FROM_ROWS}",
    fixer=write_types(has_no_type),
    safe=False,
    batch=True,
)
def type_undecided(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if has_no_type(place):
            enum = place.schema.get("enum")
            several = f" Its enum has values of several types: {show(enum)}." if isinstance(enum, list) else ""
            message = f'The type of {place.what} is missing. Add "type": one of {_TYPES}.{several}'
            yield at(inputs, place.path, message, _decision(inputs, place))


def _decision(inputs: Inputs, place: Place) -> str:
    """Returns the description of the fix that gives a schema one type."""
    kind = decided_schema(inputs, place)["type"]
    values = seen_values(inputs, place.entry.name, place.steps)
    return f'Write "type": "{kind}"' + (", as in the rows." if values else ". No row shows a value: check it.")


@rule(
    "tools-type-unknown",
    "tools",
    "error",
    "A type is unknown",
    f"JSON schema's types are {_TYPES}. {_FROM_ROWS}",
    fixer=write_types(has_unknown_type),
    safe=False,
    batch=True,
)
def type_unknown(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        if has_unknown_type(place):
            kind = place.schema["type"]
            likely = nearest(str(kind), TYPES)
            hint = f" Did you mean {likely}?" if likely else ""
            message = f"The type of {place.what} is {show(kind)}.{hint} Types: {_TYPES}."
            yield at(inputs, (*place.path, "type"), message, _decision(inputs, place))


def _alternatives(place: Place) -> str | None:
    """Returns the key by which a schema has alternatives or a reference, or None."""
    schema = place.schema
    found = next((key for key in UNIONS if key in schema), None)
    if found is None and reference_of(schema) is not None:
        found = next(key for key, value in schema.items() if value == reference_of(schema))
    if found is None and isinstance(schema.get("type"), list):
        return "type"
    return "const" if found is None and "const" in schema and "type" not in schema else found


@rule(
    "tools-union",
    "tools",
    "error",
    "A schema has several types or a reference",
    "The template renders broken text for type lists, anyOf, oneOf, allOf and $ref. The fix simplifies a schema that "
    "allows only one type, such as a string or null, and writes out what a $ref in the same file refers to. An "
    "argument that may be null is optional: a row leaves it out.",
    fixer=standard_schemas,
)
def union(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        found = _alternatives(place)
        if found is None or has_several_types(place) or is_recursive(place.schema, place.entry.references):
            continue
        flat = normal_schema(place.schema, place.entry.references)
        left = any(key in flat for key in UNIONS) or reference_of(flat) is not None
        fix = f"Write it as one {flat['type']}." if flat.get("type") in TYPES and not left else None
        seen = "a list of types" if found == "type" else found
        message = f"{place.what[0].upper()}{place.what[1:]} has {seen}, which the template cannot render."
        yield at(inputs, (*place.path, found), message + " Give it one type.", fix)


@rule(
    "tools-several-types",
    "tools",
    "error",
    "A schema allows several types, or refers to nothing",
    f"The template can render one type only, and a $ref only to a schema in the same file. {_FROM_ROWS}",
    fixer=write_types(has_several_types),
    safe=False,
    batch=True,
)
def several_types(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        found = _alternatives(place)
        if found is not None and has_several_types(place):
            reference = reference_of(place.schema)
            lost = reference is not None and place.entry.references.resolve(reference) is None
            seen = "a list of types" if found == "type" else found
            what = f"refers to {show(reference)}, which is not in this file" if lost else f"has {seen} of several types"
            message = f"{place.what[0].upper()}{place.what[1:]} {what}. Give it one type."
            yield at(inputs, (*place.path, found), message, _decision(inputs, place))


@rule(
    "tools-recursive",
    "tools",
    "error",
    "A schema contains itself",
    "The prompt cannot show a schema without end. The fix writes it out once and leaves the inner one open: no rule "
    "checks values below it.",
    fixer=cut_references,
    safe=False,
    batch=True,
)
def recursive(inputs: Inputs) -> Iterator[Finding]:
    done: set[str] = set()
    for place in sorted(all_places(inputs), key=lambda place: place.is_whole):
        if place.entry.name not in done and is_recursive(place.schema, place.entry.references):
            done.add(place.entry.name)
            message = f"{place.what[0].upper()}{place.what[1:]} contains itself by a reference, or refers to too much."
            yield at(inputs, place.path, message, "Write it out once.")
