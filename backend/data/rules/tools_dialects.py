"""Rules on schemas that are written in another dialect than JSON schema, and can be read."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.fixers import all_places, at, named_entries, standard_schemas
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import show
from backend.data.tools import TYPES, dialect_of, foreign_type


@rule(
    "tools-flat-parameters",
    "tools",
    "info",
    "The arguments are not under properties",
    "Some data sets, such as xLAM's, list the arguments directly under parameters, with Python's types. They were "
    'read. An argument is required unless it has a default or its type says "optional". The fix writes JSON schema.',
    fixer=standard_schemas,
)
def flat_parameters(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        dialect = dialect_of(entry.schema, nested=False)
        if dialect is not None:
            how = "a list" if dialect == "list" else "not under properties"
            message = f"The arguments of {entry.name} are {how}. They were read."
            yield at(inputs, entry.schema_path, message, "Write JSON schema.")
    for place in all_places(inputs):
        if not place.is_whole and dialect_of(place.schema, nested=True) == "flat":
            message = f"The arguments of {place.what} are not under properties. They were read."
            yield at(inputs, place.path, message, "Write JSON schema.")


@rule(
    "tools-upper-case-type",
    "tools",
    "info",
    "A type has capitals or another language's name",
    f"The types of JSON schema are {', '.join(TYPES)}. Words such as STRING, str, int and List[str] can be read.",
    fixer=standard_schemas,
)
def type_spelling(inputs: Inputs) -> Iterator[Finding]:
    for place in all_places(inputs):
        meaning = foreign_type(place.schema)
        if meaning is not None:
            message = f"The type {show(place.schema['type'])} is read as {meaning}."
            yield at(inputs, (*place.path, "type"), message, "Write JSON schema's words.")
