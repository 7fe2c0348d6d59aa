"""The input of the rules: both files as read, and values computed from them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from backend.data.calls import (
    CallsCell,
    DefaultPath,
    Mismatch,
    RawCall,
    check_arguments,
    default_uses,
    normal_arguments,
    read_calls,
)
from backend.data.csv import CsvTable, Row, read_table
from backend.data.text import CheckOptions
from backend.data.tools import ToolsFile, read_tools
from backend.prompts import PromptFormat, get_format
from backend.records import Call, Tool

_OPEN_ENDED = re.compile(
    r"\b(?:e\.?\s?g|such as|for example|for instance|like|etc|including|examples?)\b|\.\.\.|…", re.I
)
_LIST = re.compile(r"(?::|\bone of\b:?|\beither\b|\()([^:()]+)$", re.I)
_SEPARATOR = re.compile(r" ?(?:, ?(?:or|and) |,|\||/| or | and ) ?")
"""Only for a text with single spaces; with runs of spaces, the time would grow with the square of their length."""
_VALUE = re.compile(r"""["'`“‘]?([\w-]+)["'`”’]?""")
_MOST = 0.8
"""A list of values counts as complete if at least this share of the rows uses one of them."""


@lru_cache(maxsize=1024)
def listed_values(description: str) -> tuple[str, ...]:
    """Returns the closed list of one-word values at the end of a description; empty if there is none."""
    if len(description) > 2000 or _OPEN_ENDED.search(description):
        return ()
    found = _LIST.search(_without_end(description))
    if found is None:
        return ()
    values = [_VALUE.fullmatch(part) for part in _SEPARATOR.split(found[1].strip()) if part]
    words = [value[1] for value in values if value is not None]
    return tuple(dict.fromkeys(words)) if len(words) == len(values) and len(words) > 1 else ()


def _without_end(description: str) -> str:
    """Returns the description with single spaces, without a full stop or bracket at its end."""
    text = " ".join(description.split())
    return (text[:-1] if text.endswith((".", ")")) else text).rstrip()


def counts_as_complete(values: tuple[str, ...], used: Counter[str]) -> bool:
    """Whether nearly all rows use only the listed values, so that the list counts as complete."""
    return sum(used[value] for value in values) >= _MOST * used.total() > 0


@dataclass(frozen=True)
class Inputs:
    """The two files and the options; each distinct tool_calls cell is read once."""

    table: CsvTable
    tools_file: ToolsFile
    options: CheckOptions
    cells: dict[str, CallsCell] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def tools(self) -> Mapping[str, Tool]:
        """The tools by name."""
        return {tool.name: tool for tool in self.tools_file.tools}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows to check: those of the chosen split, if the file has a split column."""
        if self.options.split is None or "split" not in self.table.index:
            return self.table.rows
        return tuple(row for row in self.table.rows if row.split in ("", self.options.split))

    @cached_property
    def rows_per_tool(self) -> Mapping[str, int]:
        """The number of rows that call each tool, including invalid rows and tools without rows."""
        counts = dict.fromkeys(self.tools, 0)
        for text, times in Counter(row.calls for row in self.rows if row.calls).items():
            for name in {call.name for call in self.cell(text).sound} & counts.keys():
                counts[name] += times
        return counts

    @cached_property
    def used_values(self) -> Mapping[tuple[str, str], Counter[str]]:
        """The number of occurrences of each string value in the rows, by (tool, argument)."""
        used: dict[tuple[str, str], Counter[str]] = {}
        for text, times in Counter(row.calls for row in self.rows if row.calls).items():
            for call in self.cell(text).sound:
                for name, value in call.arguments.items():
                    if isinstance(value, str):
                        used.setdefault((call.name, name), Counter())[value] += times
        return used

    @cached_property
    def mixed_defaults(self) -> Mapping[tuple[str, DefaultPath], tuple[int, int]]:
        """The rows that write a default out and those that leave it out, by (tool, path), if there are both."""
        uses: Counter[tuple[str, DefaultPath, bool]] = Counter()
        for text, times in Counter(row.calls for row in self.rows if row.calls).items():
            for call in self.cell(text).sound:
                tool = self.tools.get(call.name)
                for path, written in default_uses(call.arguments, tool.parameters) if tool else ():
                    uses[call.name, path, written] += times
        paths = {(name, path) for name, path, _ in uses}
        both = {(name, path): (uses[name, path, True], uses[name, path, False]) for name, path in paths}
        return {place: times for place, times in both.items() if all(times)}

    @cached_property
    def described_values(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """The values that an argument's description lists, by (tool, argument), if most rows use only these."""
        found: dict[tuple[str, str], tuple[str, ...]] = {}
        for tool in self.tools.values():
            for name, schema in tool.properties.items():
                values = () if schema.get("enum") else listed_values(str(schema.get("description", "")))
                if values and counts_as_complete(values, self.used_values.get((tool.name, name), Counter())):
                    found[tool.name, name] = values
        return found

    @cached_property
    def format(self) -> PromptFormat:
        """The prompt format of the run. Raises InputError if it is unknown."""
        return get_format(self.options.prompt_format, self.options.declarations)

    def cell(self, text: str) -> CallsCell:
        """Returns the content of a tool_calls cell."""
        found = self.cells.get(text)
        if found is None:
            found = self.cells[text] = read_calls(text)
        return found

    def mismatches(self, call: RawCall) -> tuple[Mismatch, ...]:
        """Returns the mismatches between a call and its tool's schema; none if the tool is unknown."""
        tool = self.tools.get(call.name) if call.sound else None
        return tuple(check_arguments(tool, call.arguments)) if tool else ()

    def calls_of(self, cell: CallsCell) -> tuple[Call, ...]:
        """Returns the calls of a valid cell, with arguments in the schema's types."""
        return tuple(
            Call(call.name, normal_arguments(call.arguments, self.tools[call.name].parameters))
            for call in cell.sound
            if call.name in self.tools
        )


def read_inputs(dataset: Path, tools: Path, options: CheckOptions) -> Inputs:
    """Reads both files; the rules report their problems."""
    return Inputs(read_table(dataset), read_tools(tools), options)
