"""Rules on the names of tools and arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from backend.data.fixers import (
    ALLOWED,
    Argument,
    Unusable,
    all_arguments,
    at,
    can_rename_arguments,
    cannot_be_read,
    drop_later,
    is_left_out,
    is_not_kotlin,
    name_problem,
    name_tools,
    named_entries,
    new_argument_names,
    new_name,
    new_tool_names,
    rename_arguments_of_tools,
    rename_for_kotlin,
    rename_tools,
)
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import KEYWORDS, MAX_NAME, SCHEMA_WORDS, Path, show

_GRAMMAR = (
    f"The phone's grammar reads names of {ALLOWED}, up to {MAX_NAME}, and not {', '.join(sorted(KEYWORDS))}. The fix "
    "renames in tools.json and in every row, and the Android kit maps the new names to your own."
)
_ALIKE = 0.9


@rule(
    "tools-no-name",
    "tools",
    "error",
    "A tool has no usable name",
    "The name is what the model writes and the app calls. The fix takes one from the description.",
    fixer=name_tools,
    safe=False,
)
def no_name(inputs: Inputs) -> Iterator[Finding]:
    taken = {entry.tool.name for entry, _ in named_entries(inputs) if entry.tool is not None}
    for entry, function in named_entries(inputs):
        if entry.tool is None:
            name = new_name(function, taken)
            taken.add(name)
            seen = "no name" if function.get("name") is None else f"the name {show(function['name'])}"
            message = f"The tool has {seen}. Give it one of {ALLOWED}."
            yield at(inputs, (*entry.function_path, "name"), message, f"Call it {name}.")


@rule(
    "tools-duplicate-name",
    "tools",
    "error",
    "Two tools have the same name",
    "It is unclear which of them is called. The fix keeps the first.",
    fixer=drop_later,
    safe=False,
)
def duplicate_name(inputs: Inputs) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for entry, _ in named_entries(inputs):
        if entry.tool is None:
            continue
        line = inputs.tools_file.line((*entry.function_path, "name"))
        if entry.tool.name in first:
            message = (
                f"The tool on line {first[entry.tool.name]} has the same name, {show(entry.tool.name)}. Rename one."
            )
            yield at(inputs, (*entry.function_path, "name"), message, "Remove this one.")
        first.setdefault(entry.tool.name, line)


@rule(
    "tools-bad-name",
    "tools",
    "error",
    "A tool's name cannot be called",
    _GRAMMAR,
    fixer=rename_tools(cannot_be_read),
    safe=False,
    batch=True,
)
def bad_name(inputs: Inputs) -> Iterator[Finding]:
    names = new_tool_names(inputs, cannot_be_read)
    for entry, _ in named_entries(inputs):
        problem = name_problem(entry.tool.name) if entry.tool else None
        if problem:
            message = f"The tool's name {show(entry.name)} cannot be used: {problem}."
            yield at(inputs, (*entry.function_path, "name"), message, _renaming(names[entry.name]))


def _renaming(name: str) -> str:
    return f"Rename it to {name}, in tools.json and in the rows."


def _unusable_arguments(inputs: Inputs, unusable: Unusable) -> Iterator[tuple[Argument, str | None]]:
    """Yields each argument with an unusable name, and the description of its fix, unless a reference is in its way."""
    found = list(all_arguments(inputs))
    beside: dict[Path, dict[str, Any]] = {}
    for argument in found:
        beside.setdefault(argument.path[:-1], {})[argument.name] = argument.schema
    names: dict[Path, Mapping[str, str]] = {}
    possible: dict[Path, bool] = {}
    for argument in found:
        if unusable(argument.name):
            group, tool = argument.path[:-1], argument.entry.path
            if tool not in possible:
                possible[tool] = argument.entry.tool is not None and can_rename_arguments(argument.entry)
            if group not in names:
                names[group] = new_argument_names(beside[group], unusable)
            yield argument, _renaming(names[group][argument.name]) if possible[tool] else None


@rule(
    "tools-bad-argument-name",
    "tools",
    "error",
    "An argument's name cannot be written",
    _GRAMMAR,
    fixer=rename_arguments_of_tools(cannot_be_read),
    safe=False,
    batch=True,
)
def bad_argument_name(inputs: Inputs) -> Iterator[Finding]:
    for argument, fix in _unusable_arguments(inputs, cannot_be_read):
        problem = name_problem(argument.name)
        message = f"The argument's name {show(argument.name)} of {argument.entry.name} cannot be used: {problem}."
        yield at(inputs, argument.path, message, fix)


@rule(
    "tools-name-not-kotlin",
    "tools",
    "warning",
    "A name is not a Kotlin name",
    "The phone's grammar reads dots and dashes, but the name of a Kotlin function or parameter cannot have them. The "
    "Android kit can read such names; the fix renames in tools.json and in every row.",
    fixer=rename_for_kotlin,
    safe=False,
    batch=True,
)
def not_kotlin(inputs: Inputs) -> Iterator[Finding]:
    names = new_tool_names(inputs, is_not_kotlin)
    for entry, _ in named_entries(inputs):
        if entry.tool and is_not_kotlin(entry.name):
            message = f"The tool's name {show(entry.name)} has dots or dashes. Use {ALLOWED}."
            yield at(inputs, (*entry.function_path, "name"), message, _renaming(names[entry.name]))
    for argument, fix in _unusable_arguments(inputs, is_not_kotlin):
        message = f"The argument's name {show(argument.name)} has dots or dashes. Use {ALLOWED}."
        yield at(inputs, argument.path, message, fix)


@rule(
    "tools-argument-name-reserved",
    "tools",
    "error",
    "The prompt leaves out an argument because of its name",
    f"The prompt template leaves out arguments called {', '.join(sorted(SCHEMA_WORDS))}, at any depth, but lists them "
    "as required. The fix renames the argument in tools.json and in every row.",
    fixer=rename_arguments_of_tools(is_left_out),
    safe=False,
    batch=True,
)
def reserved_argument_name(inputs: Inputs) -> Iterator[Finding]:
    for argument, fix in _unusable_arguments(inputs, is_left_out):
        message = f"The prompt leaves out an argument called {show(argument.name)}. Rename it, also in the rows."
        yield at(inputs, argument.path, message, fix)


@rule(
    "tools-alike",
    "tools",
    "warning",
    "Two tools are almost the same",
    "The model distinguishes tools by name and description. It confuses two tools that hardly differ.",
)
def alike(inputs: Inputs) -> Iterator[Finding]:
    entries = [(entry, entry.tool) for entry, _ in named_entries(inputs) if entry.tool is not None][:100]
    for at_second, (entry, tool) in enumerate(entries):
        for _, other in entries[:at_second]:
            if tool.name == other.name:
                continue
            if tool.description and _ratio(tool.description, other.description) >= _ALIKE:
                what = "description"
            elif _folded(tool.name) == _folded(other.name) or _ratio(tool.name, other.name) > _ALIKE:
                what = "name"
            else:
                continue
            path = (*entry.function_path, what)
            yield at(
                inputs, path, f"The {what} of {tool.name} is almost that of {other.name}. Describe the difference."
            )


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(".", "").casefold()


def _ratio(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one.casefold()[:1000], other.casefold()[:1000], autojunk=False)
    if matcher.real_quick_ratio() < _ALIKE or matcher.quick_ratio() < _ALIKE:
        return 0.0
    return matcher.ratio()
