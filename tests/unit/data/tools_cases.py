"""What the cases of broken tools.json files are made of."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.data.builders import MUSIC, Case, argument, changed, csv_of, line_of

QUERY = "[1].function.parameters.properties.query"


def file_case(name: str, code: str, tools: Any, line: int | None = 1, column: str | None = None, *also: str) -> Case:
    return Case(name, ((code, line, column),), tools=tools, also=also)


def query_case(name: str, code: str, schema: Any, column: str = QUERY, text: str = '"query": {', *also: str) -> Case:
    """play_music's argument with another schema; the issue stands on the line with `text`."""
    tools = changed(lambda copy: copy[1]["function"]["parameters"]["properties"].update(query=schema))
    return Case(name, ((code, line_of(tools, text, last(tools, text)), column),), tools=tools, also=also)


def last(tools: Any, text: str) -> int:
    return sum(text in line for line in json.dumps(tools, indent=1).splitlines())


def renamed(name: str, code: str, new: str, *also: str) -> Case:
    """play_music under another name."""
    tools = changed(lambda copy: copy[1]["function"].update(name=new))
    line = line_of(tools, f'"name": {json.dumps(new)}')
    csv = csv_of().replace("play_music", new.replace("\\", "\\\\").replace('"', '\\"').replace('"', '""'))
    return Case(name, ((code, line, "[1].function.name"),), csv=csv, tools=tools, also=also)


def argument_named(name: str, code: str, new: str, *also: str) -> Case:
    """set_light with one more argument of that name."""
    tools = changed(
        lambda copy: copy[0]["function"]["parameters"]["properties"].update({new: argument("string", "Marked.")})
    )
    path = f"[0].function.parameters.properties.{new}" if new.isidentifier() or "-" in new else None
    path = path or f"[0].function.parameters.properties[{json.dumps(new)}]"
    return Case(name, ((code, line_of(tools, "Marked.") - 2, path),), tools=tools, also=also)


def music(**more: Any) -> dict[str, Any]:
    """play_music with other keys in its function."""
    return {**MUSIC, "function": {**MUSIC["function"], **more}}
