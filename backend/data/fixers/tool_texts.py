"""Fixers of the names, texts and values in tools.json, and of items that are no tools or occur twice."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from backend.data.fixers.together import always, replaced_schemas
from backend.data.fixers.tool_walk import all_arguments, named_entries
from backend.data.fixers.valid_names import valid_name
from backend.data.rows import Inputs
from backend.data.text import Path, json_text, strip_reserved

_MISSING = object()


def clean_texts(clean: Callable[[str], str]) -> Callable[[Inputs], Any]:
    """Returns a fixer that cleans every text in tools.json, keys included; of two equal keys the first stays."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return clean(value)
        if isinstance(value, Mapping):
            found: dict[str, Any] = {}
            for key, item in value.items():
                found.setdefault(clean(key), cleaned(item))
            return found
        return [cleaned(item) for item in value] if isinstance(value, list) else value

    return lambda inputs: cleaned(inputs.tools_file.raw)


def without_tokens(text: str) -> str:
    """Returns a text without control tokens and without the double spaces that they leave."""
    stripped = strip_reserved(text)
    return text if stripped == text else " ".join(stripped.split())


def without_halves(text: str) -> str:
    """Returns a text without lone surrogates."""
    return "".join(character for character in text if not "\ud800" <= character <= "\udfff")


def drop_not_finite(inputs: Inputs) -> Any:
    """Returns tools.json without its values that are NaN or infinite."""

    def kept(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return _MISSING
        if isinstance(value, Mapping):
            pairs = ((key, kept(item)) for key, item in value.items())
            return {key: item for key, item in pairs if item is not _MISSING}
        return [item for item in map(kept, value) if item is not _MISSING] if isinstance(value, list) else value

    return kept(inputs.tools_file.raw)


def write_descriptions(inputs: Inputs) -> Any:
    """Returns tools.json with a text for each description that is none."""
    paths = [entry.function_path for entry, function in named_entries(inputs) if _is_no_text(function)]
    paths += [argument.path for argument in all_arguments(inputs) if _is_no_text(argument.schema)]
    return replaced_schemas(inputs.tools_file.raw, [((*path, "description"), description_text) for path in paths])


def _is_no_text(holder: Any) -> bool:
    return isinstance(holder, Mapping) and not isinstance(holder.get("description") or "", str)


def description_text(value: Any) -> str:
    """Returns a description that is no text as a text: the texts of a list on one line, anything else as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ".join(value)
    return json_text(value)


def name_tools(inputs: Inputs) -> Any:
    """Returns tools.json with a name for each tool that has none, from its description."""
    names = {entry.tool.name for entry in inputs.tools_file.entries if entry.tool is not None}
    changes: list[tuple[Path, Callable[[Any], Any]]] = []
    for entry, function in named_entries(inputs):
        if entry.tool is None:
            name = new_name(function, names)
            names.add(name)
            changes.append((entry.function_path, always({**function, "name": name})))
    return replaced_schemas(inputs.tools_file.raw, changes)


def new_name(function: Mapping[str, Any], taken: set[str]) -> str:
    """Returns a name for a tool without one."""
    given, description = function.get("name"), function.get("description")
    number = json_text(given) if isinstance(given, int | float) else ""
    return valid_name(number, "tool", taken, description if isinstance(description, str) else "")


def drop_items(inputs: Inputs) -> Any:
    """Returns tools.json without the items that are no tools."""
    return _without(inputs, {entry.path for entry in inputs.tools_file.entries if entry.function is None})


def drop_later(inputs: Inputs) -> Any:
    """Returns tools.json without the tools whose name an earlier tool has."""
    seen: set[str] = set()
    later: set[Path] = set()
    for entry in inputs.tools_file.entries:
        if entry.tool is not None:
            later |= {entry.path} if entry.tool.name in seen else set()
            seen.add(entry.tool.name)
    return _without(inputs, later)


def _without(inputs: Inputs, dropped: set[Path]) -> Any:
    """Returns tools.json without the values at these paths, all of them items of lists."""

    def kept(value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return {key: kept(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [kept(item, (*path, at)) for at, item in enumerate(value) if (*path, at) not in dropped]
        return value

    return kept(inputs.tools_file.raw, ())
