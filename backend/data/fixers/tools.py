"""Fixers of tools.json: each takes the inputs and returns the file's new JSON value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backend.data.fixers.together import always, replaced_schemas
from backend.data.rows import Inputs
from backend.data.text import walk
from backend.data.tools import (
    REFERENCE_KEYS,
    SCHEMA_KEYS,
    ToolEntry,
    dialect_of,
    normal_parameters,
)


def unchanged(inputs: Inputs) -> Any:
    """Returns the unchanged value; the text was decoded when it was read, and is written as JSON in UTF-8."""
    return inputs.tools_file.raw


def standard_shape(inputs: Inputs) -> Any:
    """Returns the tools as a plain list of `{"type": "function", "function": {…}}`, with unchanged schemas."""
    file = inputs.tools_file
    if any(entry.function is None for entry in file.entries) or not file.entries:
        return file.raw
    return [_standard(entry, _on_its_own(entry)) for entry in file.entries]


def standard_schemas(inputs: Inputs) -> Any:
    """Returns the value with every schema simplified and its types in JSON schema's own words."""
    return _normalised(inputs, lambda entry: normal_parameters(entry.schema, entry.references))


def optional_if_null(inputs: Inputs) -> Any:
    """Returns the value in normal form, in which no argument that may be null is required."""
    return _normalised(inputs, lambda entry: normal_parameters(entry.schema, entry.references, nullable=True))


def cut_references(inputs: Inputs) -> Any:
    """Returns the value in normal form, in which a schema that contains itself is written out once."""
    return _normalised(inputs, lambda entry: normal_parameters(entry.schema, entry.references, cut=True))


def _normalised(inputs: Inputs, normal: Callable[[ToolEntry], Any]) -> Any:
    entries = [entry for entry in inputs.tools_file.entries if entry.function is not None and has_schema(entry)]
    return replaced_schemas(inputs.tools_file.raw, ((entry.schema_path, always(normal(entry))) for entry in entries))


def has_schema(entry: ToolEntry) -> bool:
    """Whether a tool has a schema of its arguments, in any dialect."""
    return (isinstance(entry.schema, Mapping) and bool(entry.schema)) or dialect_of(
        entry.schema, nested=False
    ) == "list"


def _on_its_own(entry: ToolEntry) -> Any:
    """Returns the tool's schema; in normal form if it has references, which may lead out of the tool."""
    referring = any(path[-1] in REFERENCE_KEYS for path, _ in walk(entry.schema, entry.schema_path))
    return normal_parameters(entry.schema, entry.references) if referring else entry.schema


def _standard(entry: ToolEntry, schema: Any) -> dict[str, Any]:
    function = dict(entry.function or {})
    ordered: dict[str, Any] = {key: function.pop(key) for key in ("name", "description") if key in function}
    for key in (*SCHEMA_KEYS, "type"):
        function.pop(key, None)
    if schema is not None:
        ordered["parameters"] = schema
    return {"type": "function", "function": {**ordered, **function}}
