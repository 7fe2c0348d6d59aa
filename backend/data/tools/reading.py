"""Reads a tools.json in any known form into one list of tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from backend.data.text import MAX_TOOLS_BYTES, DecodedFile, JsonFault, Positions, json_reading, read_source, whole
from backend.data.tools.app_names import AppName, app_names, without_app_names
from backend.data.tools.dialects import dialect_of, standard_parameters
from backend.data.tools.references import Budget, References
from backend.data.tools.relaxed_json import LINES, read_relaxed
from backend.data.tools.safe_schema import safe_parameters
from backend.records import Tool

SCHEMA_KEYS = {"parameters": "function", "inputSchema": "MCP", "input_schema": "Anthropic"}
"""The dialects by their key for the arguments' schema."""

_LISTS = ("tools", "functions", "functionDeclarations", "function_declarations")


@dataclass(frozen=True)
class ToolEntry:
    """One tool in the file: its path, its form, and the tool that it describes.

    `function` is the object with the name, and `schema_key` the key of its arguments' schema. `shape` is empty for the
    standard form. `tool` is None if there is no usable name. `around` are the objects around the function,
    the innermost first, where its references may lead.
    """

    path: json_reading.Path
    function_path: json_reading.Path
    function: Mapping[str, Any] | None
    schema_key: str
    shape: str
    tool: Tool | None
    around: tuple[Any, ...] = ()
    budget: Budget = field(default_factory=Budget, compare=False, repr=False)

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

    @cached_property
    def references(self) -> References:
        """What the references in the schema are resolved in."""
        return _references(self.schema, self.function, self.around, self.budget)

    @property
    def distractor(self) -> bool:
        """Whether the tool is marked as one that intentionally has no rows."""
        return bool(self.function and self.function.get("distractor"))


@dataclass(frozen=True)
class ToolsFile:
    """The content of a tools.json.

    `wrapper` is the key or form around the list, if there is one. `departures` say in what the text is not strict JSON.
    """

    source: DecodedFile
    raw: Any = None
    fault: JsonFault | None = None
    positions: Positions | None = None
    wrapper: str = ""
    entries: tuple[ToolEntry, ...] = ()
    departures: tuple[str, ...] = ()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools in the file's order, the first of each name."""
        by_name: dict[str, Tool] = {}
        for entry in self.entries:
            if entry.tool is not None:
                by_name.setdefault(entry.tool.name, entry.tool)
        return tuple(by_name.values())

    @property
    def app_names(self) -> tuple[AppName, ...]:
        """The app's own names of the tools and arguments that a fix has renamed."""
        return tuple(
            name
            for entry in self.entries
            if entry.tool is not None and entry.function is not None
            for name in app_names(entry.tool.name, entry.function, entry.schema)
        )

    def line(self, path: json_reading.Path) -> int:
        """Returns the physical line of the value at `path`."""
        return self.positions.line(path) if self.positions else 1


def read_tools(path: Path) -> ToolsFile:
    """Returns the content of the tools.json at `path`, within the limit on bytes."""
    return tools_from(read_source(path, MAX_TOOLS_BYTES))


def tools_from(source: DecodedFile) -> ToolsFile:
    """Returns the tools in a decoded file; without entries if it is neither JSON nor JSON but for its spelling."""
    if not source.readable or not source.text.strip():
        return ToolsFile(source)
    try:
        return _file(source, json_reading.parse_json(source.text), source.text)
    except JsonFault as fault:
        return _relaxed(source, fault)


def _relaxed(source: DecodedFile, strict: JsonFault) -> ToolsFile:
    """Returns the tools in a text that is not JSON; one value after another counts only if one of them is a tool."""
    try:
        read = read_relaxed(source.text)
    except JsonFault as fault:
        return ToolsFile(source, fault=fault)
    file = _file(source, read.value, read.text, read.departures)
    if LINES in read.departures and not any(entry.function for entry in file.entries):
        return ToolsFile(source, fault=strict)
    return file


def _file(source: DecodedFile, raw: Any, text: str, departures: tuple[str, ...] = ()) -> ToolsFile:
    wrapper, items = _unwrap(raw)
    budget = Budget()
    entries = tuple(_entry(path, item, raw, budget) for path, item in items)
    return ToolsFile(source, raw, None, json_reading.find_positions(text), wrapper, entries, departures)


def _unwrap(raw: Any) -> tuple[str, list[tuple[json_reading.Path, Any]]]:
    """Returns the key or form around the list of tools, and every tool with its path."""
    if isinstance(raw, list):
        return "", list(_expand((), raw))
    if isinstance(raw, Mapping):
        for path in ((), ("result",)):
            holder = raw.get("result") if path else raw
            key = _list_key(holder)
            if key is not None and isinstance(holder, Mapping):
                return ".".join((*path, key)), list(_expand((*path, key), holder[key]))
        if _function_of(raw, ())[0] is not None:
            return "a single tool", [((), raw)]
        if raw and all(_is_unnamed_tool(item) for item in raw.values()):
            return "an object by name", [((name,), {"name": name, **item}) for name, item in raw.items()]
    return "", []


def _is_unnamed_tool(item: Any) -> bool:
    """Whether a value is a tool whose name is the key that it stands under."""
    return isinstance(item, Mapping) and "description" in item and any(key in item for key in SCHEMA_KEYS)


def _list_key(item: Any) -> str | None:
    """Returns the key under which an object holds a list of tools, or None."""
    return next((key for key in _LISTS if isinstance(item, Mapping) and isinstance(item.get(key), list)), None)


def _expand(path: json_reading.Path, items: list[Any]) -> Iterator[tuple[json_reading.Path, Any]]:
    """Yields each tool of a list, including those in inner lists and in groups such as `functionDeclarations`."""
    for at, item in enumerate(items):
        key = None if isinstance(item, Mapping) and "name" in item else _list_key(item)
        if key is not None:
            yield from _expand((*path, at, key), item[key])
        elif isinstance(item, list) and item:
            yield from _expand((*path, at), item)
        else:
            yield (*path, at), item


def _function_of(item: Any, path: json_reading.Path) -> tuple[Mapping[str, Any] | None, json_reading.Path]:
    """Returns the object with a tool's name, and its path."""
    if not isinstance(item, Mapping):
        return None, path
    inner = item.get("function")
    if isinstance(inner, Mapping):
        return inner, (*path, "function")
    return (item, path) if "name" in item else (None, path)


def _entry(path: json_reading.Path, item: Any, raw: Any, budget: Budget) -> ToolEntry:
    function, function_path = _function_of(item, path)
    if function is None:
        return ToolEntry(path, path, None, "parameters", "", None)
    key = next((key for key in SCHEMA_KEYS if isinstance(function.get(key), Mapping)), None)
    key = key or next((key for key in SCHEMA_KEYS if key in function), "parameters")
    around = (item, raw)
    tool = _tool(function, key, _references(function.get(key), function, around, budget))
    return ToolEntry(path, function_path, function, key, _shape(item, function, key), tool, around, budget)


def _references(schema: Any, function: Any, around: tuple[Any, ...], budget: Budget) -> References:
    """Returns what references are resolved in: the schema as written and in the standard form, and what is around."""
    return References((schema, standard_parameters(schema, nested=False), function, *around), budget)


def _shape(item: Mapping[str, Any], function: Mapping[str, Any], key: str) -> str:
    if SCHEMA_KEYS[key] != "function":
        return SCHEMA_KEYS[key]
    if function is item:
        return "bare function"
    return "" if item.get("type") == "function" else 'no "type": "function"'


def _tool(function: Mapping[str, Any], key: str, references: References) -> Tool | None:
    name, description, schema = function.get("name"), function.get("description"), function.get(key)
    if not isinstance(name, str) or not name:
        return None
    known = (isinstance(schema, Mapping) and schema) or dialect_of(schema, nested=False)
    parameters = without_app_names(safe_parameters(schema, references)) if known else {}
    return Tool(whole(name), whole(description) if isinstance(description, str) else "", _whole_texts(parameters))


def _whole_texts(value: Any) -> Any:
    """Returns `value` with every text in it encodable as UTF-8; a rule reports the texts that were not."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, Mapping):
        return {whole(key): _whole_texts(item) for key, item in value.items()}
    return [_whole_texts(item) for item in value] if isinstance(value, list) else value
