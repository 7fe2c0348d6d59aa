"""Rules on the names of tools and arguments."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from backend.data.fixers import all_arguments, at, named_entries, rename_reserved
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import GRAMMAR_NAME, KEYWORDS, KOTLIN_NAME, MAX_NAME, SCHEMA_WORDS, show

_ALLOWED = "letters, digits and _, not beginning with a digit"
_ALIKE = 0.9


@rule(
    "tools-no-name",
    "tools",
    "error",
    "A tool has no usable name",
    "The name is what the model writes and the app calls.",
)
def no_name(inputs: Inputs) -> Iterator[Finding]:
    for entry, function in named_entries(inputs):
        if entry.tool is None:
            seen = "no name" if function.get("name") is None else f"the name {show(function['name'])}"
            yield at(inputs, (*entry.function_path, "name"), f"The tool has {seen}. Give it one of {_ALLOWED}.")


@rule(
    "tools-duplicate-name", "tools", "error", "Two tools have the same name", "It is unclear which of them is called."
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
            yield at(inputs, (*entry.function_path, "name"), message)
        first.setdefault(entry.tool.name, line)


def _name_problem(name: str) -> str | None:
    """Returns why the grammar cannot read the name, or None if it can."""
    if len(name) > MAX_NAME:
        return f"it has {len(name)} characters, and at most {MAX_NAME} are allowed"
    if name in KEYWORDS:
        return f"{name} is a keyword of the grammar"
    return None if GRAMMAR_NAME.fullmatch(name) else f"only {_ALLOWED} are allowed"


@rule(
    "tools-bad-name",
    "tools",
    "error",
    "A tool's name cannot be called",
    f"The phone's grammar reads names of {_ALLOWED}, up to {MAX_NAME}, and not {', '.join(sorted(KEYWORDS))}.",
)
def bad_name(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        problem = _name_problem(entry.tool.name) if entry.tool else None
        if problem:
            yield at(
                inputs, (*entry.function_path, "name"), f"The tool's name {show(entry.name)} cannot be used: {problem}."
            )


@rule(
    "tools-bad-argument-name",
    "tools",
    "error",
    "An argument's name cannot be written",
    f"The phone's grammar reads names of {_ALLOWED}, up to {MAX_NAME}, and not {', '.join(sorted(KEYWORDS))}.",
)
def bad_argument_name(inputs: Inputs) -> Iterator[Finding]:
    for argument in all_arguments(inputs):
        problem = _name_problem(argument.name)
        if problem:
            message = f"The argument's name {show(argument.name)} of {argument.entry.name} cannot be used: {problem}."
            yield at(inputs, argument.path, message)


@rule(
    "tools-name-not-kotlin",
    "tools",
    "warning",
    "A name is not a Kotlin name",
    "The phone's grammar reads dots and dashes, but the name of a Kotlin function or parameter cannot have them.",
)
def not_kotlin(inputs: Inputs) -> Iterator[Finding]:
    for entry, _ in named_entries(inputs):
        if entry.tool and _name_problem(entry.name) is None and not KOTLIN_NAME.fullmatch(entry.name):
            message = f"The tool's name {show(entry.name)} has dots or dashes. Use {_ALLOWED}."
            yield at(inputs, (*entry.function_path, "name"), message)
    for argument in all_arguments(inputs):
        if _name_problem(argument.name) is None and not KOTLIN_NAME.fullmatch(argument.name):
            yield at(
                inputs, argument.path, f"The argument's name {show(argument.name)} has dots or dashes. Use {_ALLOWED}."
            )


@rule(
    "tools-argument-name-reserved",
    "tools",
    "error",
    "The prompt leaves out an argument because of its name",
    f"The prompt template leaves out arguments called {', '.join(sorted(SCHEMA_WORDS))}, but lists them as required. "
    "The fix renames the argument in tools.json and in every row.",
    fixer=rename_reserved,
    safe=False,
)
def reserved_argument_name(inputs: Inputs) -> Iterator[Finding]:
    for argument in all_arguments(inputs):
        if argument.name in SCHEMA_WORDS:
            fix = "Rename it in tools.json and in the rows." if argument.depth == 0 else None
            yield at(
                inputs,
                argument.path,
                f"The prompt leaves out an argument called {show(argument.name)}. Rename it, also in the rows.",
                fix,
            )


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
