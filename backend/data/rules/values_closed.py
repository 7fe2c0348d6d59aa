"""The rule on arguments whose values in the rows look closed."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.fixers import closed_arguments, list_closed_values
from backend.data.rows import Finding, SetView, rule
from backend.data.rows.closed_values import MAX_COPIED, MAX_VALUES, MESSAGES_A_VALUE, MIN_MESSAGES, MIN_ROWS
from backend.data.text import count, listing, path_text, show

_LONGEST = 40


@rule(
    "values-closed",
    "values",
    "info",
    "An argument has only a few values",
    "The rows suggest that no other value is meant. The fix adds the values as an enum to tools.json. The declaration "
    "lists these values, the Android kit refuses any other, and evaluation counts such answers. Do not accept it if "
    "the app knows a value that no row has, or if users choose the values, such as names of their rooms or lists. An "
    f"argument is found if at least {MIN_ROWS} rows have it, with at most {MAX_VALUES} values, each in at least "
    f"{MIN_MESSAGES} different messages and in {MESSAGES_A_VALUE} on average. It is not found if over "
    f"{100 * MAX_COPIED:.0f} % of the messages contain the value, or if half of the values begin with a digit.",
    fixer=list_closed_values,
    safe=False,
    batch=True,
)
def closed(view: SetView) -> Iterator[Finding]:
    for argument in closed_arguments(view):
        found = argument.found
        shown = [f"{show(value, _LONGEST)} {found.uses[value]:,}" for value in found.values]
        parts = [f"{found.argument} has only {len(shown)} values in {count(found.rows, 'row')}: {listing(shown)}."]
        if found.only_described:
            them = "it" if len(found.only_described) == 1 else "them"
            described = listing(show(value, _LONGEST) for value in found.only_described)
            parts.append(f"Its description also lists {described}, without rows; the fix includes {them}.")
        parts += [argument.obstacle] if argument.obstacle else []
        fix = None if argument.obstacle else f"List these {len(found.uses)} values as an enum."
        line = view.inputs.tools_file.line(argument.path)
        yield Finding(" ".join(parts), line, path_text(argument.path), fix)
