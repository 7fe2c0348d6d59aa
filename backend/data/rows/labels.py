"""The classes that rows fall into: whole calls where enough rows share each, else tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from backend.data.rows.set_view import label_of
from backend.records import Example

_LABEL_ROWS = 5
_MOST_LABELS = 150
_NO_CALL = "no call"


def class_labels(rows: Sequence[Example]) -> list[str]:
    """Each row's label: its whole call where at least five rows share it and there are not too many, else its tools."""
    full = [" + ".join(label_of(row.calls)) or _NO_CALL for row in rows]
    tools = [" + ".join(sorted(call.name for call in row.calls)) or _NO_CALL for row in rows]
    common = {label for label, times in Counter(full).items() if times >= _LABEL_ROWS}
    covered = sum(label in common for label in full)
    if len(common) > _MOST_LABELS or covered < 0.8 * len(rows):
        return tools
    return [whole if whole in common else tool for whole, tool in zip(full, tools, strict=True)]
