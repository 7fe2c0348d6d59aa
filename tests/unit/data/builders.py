"""Small valid files, and the pieces that the corpus of broken ones is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.data import CheckOptions, CheckReport, check_files


def tool(name: str, description: str, properties: dict[str, Any], required: Sequence[str] = ()) -> dict[str, Any]:
    """One tool in the standard form."""
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def argument(kind: str, description: str = "What it is.", **more: Any) -> dict[str, Any]:
    """One argument's schema."""
    return {"type": kind, "description": description, **more}


LIGHT = tool(
    "set_light",
    "Switch a lamp or dim it.",
    {
        "room": argument("string", enum=["kitchen", "hall", "bath_room"]),
        "level": argument("integer"),
        "warm": argument("boolean"),
        "scene": argument("object", properties={"name": argument("string"), "speed": argument("number")}),
        "tags": argument("array", items={"type": "string"}),
    },
    ["room"],
)
MUSIC = tool("play_music", "Play a song, an album or a station.", {"query": argument("string")}, ["query"])
TOOLS = [LIGHT, MUSIC]


def call(name: str, /, **arguments: Any) -> str:
    """A tool_calls cell with one call."""
    return json.dumps([{"name": name, "args": arguments}], ensure_ascii=False)


ROWS: list[tuple[str, str]] = [
    ("Lights on in the kitchen", call("set_light", room="kitchen", level=100)),
    ("Dim the hall to twenty", call("set_light", room="hall", level=20)),
    ("Make the bath warm and cosy", call("set_light", room="bath_room", warm=True)),
    ("Play some jazz", call("play_music", query="jazz")),
    ("I'd like to hear Bach", call("play_music", query="Bach")),
    ("Something by Nina Simone", call("play_music", query="Nina Simone")),
]
"""Six sound rows; in `csv_of` they stand on the lines 2 to 7."""


def quoted(*cells: str) -> str:
    """One CSV record."""
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)


HEADER = quoted("user_message", "tool_calls")


def csv_of(rows: Sequence[Sequence[str]] = (), header: str = HEADER, *, end: str = "\n") -> str:
    """A CSV with the sound rows and then `rows`."""
    return end.join([header, *(quoted(*row) for row in (*ROWS, *rows))]) + end


def csv_lines(*lines: str, end: str = "\n") -> str:
    """A CSV with the sound rows and then these lines as they are; the first of them is line 8."""
    return csv_of(end=end) + end.join(lines) + end


@dataclass(frozen=True)
class Case:
    """One broken input and what must be said of it.

    `expected` are (code, line, column) that must be reported; no other error may be, apart from those in `also`.
    """

    name: str
    expected: tuple[tuple[str, int | None, str | None], ...]
    csv: str | bytes = field(default_factory=csv_of)
    tools: Any = field(default_factory=lambda: TOOLS)
    options: CheckOptions = field(default_factory=lambda: CheckOptions(declarations="none"))
    also: tuple[str, ...] = ()


def write_files(folder: Path, csv: str | bytes, tools: Any) -> tuple[Path, Path]:
    """Write both files; `tools` is a text, bytes, or a value to be written as JSON with one key a line."""
    dataset, tools_path = folder / "rows.csv", folder / "tools.json"
    dataset.write_bytes(csv if isinstance(csv, bytes) else csv.encode("utf-8", "surrogatepass"))
    if not isinstance(tools, str | bytes):
        tools = json.dumps(tools, indent=1)
    tools_path.write_bytes(tools if isinstance(tools, bytes) else tools.encode("utf-8", "surrogatepass"))
    return dataset, tools_path


def check_case(folder: Path, case: Case) -> CheckReport:
    """The report on a case's files."""
    return check_files(*write_files(folder, case.csv, case.tools), case.options)


def line_of(tools: Any, text: str, occurrence: int = 1) -> int:
    """The line of tools.json, as `write_files` writes it, on which `text` stands for the given time."""
    written = tools if isinstance(tools, str) else json.dumps(tools, indent=1)
    lines = [number for number, line in enumerate(written.splitlines(), 1) if text in line]
    return lines[occurrence - 1]


def changed(change: Callable[[list[Any]], None]) -> list[Any]:
    """A deep copy of the sound tools after `change`."""
    copy: list[Any] = json.loads(json.dumps(TOOLS))
    change(copy)
    return copy
