"""Reads a tools.json in any known form into one list of tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.data.text import MAX_TOOLS_BYTES, DecodedFile, JsonFault, Positions, json_reading, read_source, whole
from backend.data.tools.schema import TYPES, plain_type, safe_parameters
from backend.records import Tool

SCHEMA_KEYS = {"parameters": "function", "inputSchema": "MCP", "input_schema": "Anthropic"}
"""The dialects by their key for the arguments' schema."""

_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")


@dataclass(frozen=True)
class ToolEntry:
    """One tool in the file: its path, its form, and the tool that it describes.

    `function` is the object with the name, and `schema_key` the key of its arguments' schema. `shape` is empty for the
    standard form. `tool` is None if there is no usable name.
    """

    path: json_reading.Path
    function_path: json_reading.Path
    function: Mapping[str, Any] | None
    schema_key: str
    shape: str
    tool: Tool | None

    @property
    def name(self) -> str:
        """The tool's name, or its path in the file."""
        return self.tool.name if self.tool else json_reading.path_text(self.path)

    @property
    def schema_path(self) -> json_reading.Path:
        """The path of the arguments' schema."""
        return (*self.function_path, self.schema_key)

    @property
    def schema(self) -> Any:
        """The arguments' schema in the file."""
        return self.function.get(self.schema_key) if self.function else None

    @property
    def distractor(self) -> bool:
        """Whether the tool is marked as one that intentionally has no rows."""
        return bool(self.function and self.function.get("distractor"))


@dataclass(frozen=True)
class ToolsFile:
    """The content of a tools.json; `wrapper` is the key or form around the list, if there is one."""

    source: DecodedFile
    raw: Any = None
    fault: JsonFault | None = None
    positions: Positions | None = None
    wrapper: str = ""
    entries: tuple[ToolEntry, ...] = ()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools in the file's order, the first of each name."""
        by_name: dict[str, Tool] = {}
        for entry in self.entries:
            if entry.tool is not None:
                by_name.setdefault(entry.tool.name, entry.tool)
        return tuple(by_name.values())

    def line(self, path: json_reading.Path) -> int:
        """Returns the physical line of the value at `path`."""
        return self.positions.line(path) if self.positions else 1


def read_tools(path: Path) -> ToolsFile:
    """Returns the content of the tools.json at `path`, within the limit on bytes."""
    return tools_from(read_source(path, MAX_TOOLS_BYTES))


def tools_from(source: DecodedFile) -> ToolsFile:
    """Returns the tools in a decoded file; without entries if it is not JSON."""
    if not source.readable or not source.text.strip():
        return ToolsFile(source)
    try:
        raw = json_reading.parse_json(source.text)
    except JsonFault as fault:
        return ToolsFile(source, fault=fault)
    wrapper, items = _unwrap(raw)
    entries = tuple(_entry(path, item) for path, item in items)
    return ToolsFile(source, raw, None, json_reading.find_positions(source.text), wrapper, entries)


def _unwrap(raw: Any) -> tuple[str, list[tuple[json_reading.Path, Any]]]:
    """Returns the key or form around the list of tools, and every tool with its path."""
    if isinstance(raw, list):
        return "", list(_expand((), raw))
    if isinstance(raw, Mapping):
        for key in _LISTS:
            if isinstance(raw.get(key), list):
                return key, list(_expand((key,), raw[key]))
        if _function_of(raw, ())[0] is not None:
            return "a single tool", [((), raw)]
    return "", []


def _expand(path: json_reading.Path, items: list[Any]) -> Iterator[tuple[json_reading.Path, Any]]:
    """Yields each tool of a list, including those in Google's `functionDeclarations` groups."""
    for at, item in enumerate(items):
        group = next((key for key in _LISTS[2:] if isinstance(item, Mapping) and isinstance(item.get(key), list)), None)
        if group is None:
            yield (*path, at), item
        else:
            yield from (((*path, at, group, inner), tool) for inner, tool in enumerate(item[group]))


def _function_of(item: Any, path: json_reading.Path) -> tuple[Mapping[str, Any] | None, json_reading.Path]:
    """Returns the object with a tool's name, and its path."""
    if not isinstance(item, Mapping):
        return None, path
    inner = item.get("function")
    if isinstance(inner, Mapping):
        return inner, (*path, "function")
    return (item, path) if "name" in item else (None, path)


def _entry(path: json_reading.Path, item: Any) -> ToolEntry:
    function, function_path = _function_of(item, path)
    if function is None:
        return ToolEntry(path, path, None, "parameters", "", None)
    key = next((key for key in SCHEMA_KEYS if isinstance(function.get(key), Mapping)), None)
    key = key or next((key for key in SCHEMA_KEYS if key in function), "parameters")
    return ToolEntry(path, function_path, function, key, _shape(item, function, key), _tool(function, key))


def _shape(item: Mapping[str, Any], function: Mapping[str, Any], key: str) -> str:
    if SCHEMA_KEYS[key] != "function":
        return SCHEMA_KEYS[key]
    if function is item:
        return "bare function"
    return "" if item.get("type") == "function" else 'no "type": "function"'


def _tool(function: Mapping[str, Any], key: str) -> Tool | None:
    name, description, schema = function.get("name"), function.get("description"), function.get(key)
    if not isinstance(name, str) or not name:
        return None
    parameters = safe_parameters(schema) if isinstance(schema, Mapping) and schema else {}
    return Tool(whole(name), whole(description) if isinstance(description, str) else "", _whole_texts(parameters))


def _whole_texts(value: Any) -> Any:
    """Returns `value` with every text in it encodable as UTF-8; a rule reports the texts that were not."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return {whole(key): _whole_texts(item) for key, item in value.items()}
    return [_whole_texts(item) for item in value] if isinstance(value, list) else value


def upper_case_types(entry: ToolEntry) -> Iterator[tuple[json_reading.Path, str]]:
    """Yields the path and the word of each type that is written in upper case."""
    for path, value in json_reading.walk(entry.schema, entry.schema_path):
        if path[-1] == "type" and isinstance(value, str) and value not in TYPES and plain_type(value) in TYPES:
            yield path, value
