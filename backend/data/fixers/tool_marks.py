"""Marks tools in tools.json by what the rows have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from backend.data.rows import SetView
from backend.data.text import Path


def mark_distractors(view: SetView, _selected: Callable[[int], bool]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields the path and the new object of each tool that no row calls, with a mark that this is intended."""
    counts = view.inputs.rows_per_tool
    for entry in view.inputs.tools_file.entries:
        unused = entry.tool is not None and not counts.get(entry.tool.name) and not entry.distractor
        if unused and entry.function is not None and entry.function_path:
            yield entry.function_path, {**entry.function, "distractor": True}
