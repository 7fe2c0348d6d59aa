"""Rules on the file tools.json: whether it can be read, and in which form its tools are written."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.fixers import at, drop_items, drop_not_finite, standard_shape, unchanged
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import MAX_TOOLS_BYTES, count, not_finite, path_text, repeated_keys, show
from backend.data.tools import LINES

FORM = '[{"type": "function", "function": {"name": …, "description": …, "parameters": {…}}}]'
_WIDE = ("utf-16", "utf-32")


@rule(
    "tools-unreadable",
    "tools",
    "error",
    "tools.json cannot be opened",
    "The path is wrong, it is a folder, or this account may not read it.",
)
def unreadable(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.tools_file.source
    if source.problem:
        yield Finding(f"The tools file {show(source.path.name)} cannot be opened: {source.problem}. Check the path.")


@rule(
    "tools-too-large",
    "tools",
    "error",
    "tools.json is over the size limit",
    f"Files over {MAX_TOOLS_BYTES // 2**20} MB are not read. A file with 15 tools has about 15 kB.",
)
def too_large(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.tools_file.source
    if source.too_large:
        yield Finding(f"tools.json has {source.size / 2**20:,.1f} MB; at most {MAX_TOOLS_BYTES // 2**20} MB are read.")


@rule("tools-binary", "tools", "error", "tools.json is not a text file", "It must be JSON, in UTF-8.")
def binary(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.tools_file.source
    if source.kind:
        yield Finding(f"tools.json is {source.kind}, not text. Give the JSON file with the tools.")


@rule(
    "tools-not-utf8",
    "tools",
    "error",
    "tools.json is not UTF-8",
    "JSON is UTF-8 by definition. The fix decodes it and saves UTF-8.",
    fixer=unchanged,
)
def not_utf8(inputs: Inputs) -> Iterator[Finding]:
    source = inputs.tools_file.source
    if source.readable and source.encoding.startswith(_WIDE):
        yield Finding(f"tools.json is {source.encoding.upper()}; only UTF-8 is allowed.", 1, None, "Save it as UTF-8.")
    for line, text in source.bad_lines:
        yield Finding(
            f"This line is not UTF-8. Read as Windows-1252 it says {show(text.strip(), 100)}.",
            line,
            None,
            "Read it as Windows-1252 and save it as UTF-8.",
        )


@rule("tools-empty", "tools", "error", "tools.json is empty", f"It needs a list of tools: {FORM}.")
def empty(inputs: Inputs) -> Iterator[Finding]:
    file = inputs.tools_file
    if file.source.readable and not file.source.text.strip("\ufeff \t\r\n"):
        yield Finding(f"tools.json is empty. It needs a list of tools: {FORM}.", 1)
    elif file.raw == [] or (file.wrapper and not file.entries):
        yield Finding(f"The list of tools is empty. It needs at least one: {FORM}.", 1)


@rule("tools-not-json", "tools", "error", "tools.json is not JSON", f"It must hold JSON of the form {FORM}.")
def not_json(inputs: Inputs) -> Iterator[Finding]:
    fault = inputs.tools_file.fault
    if fault:
        text = inputs.tools_file.source.text
        near = show(text[max(0, fault.offset - 30) : fault.offset + 20])
        yield Finding(
            f"tools.json is not JSON: {fault.reason} at line {fault.line}, column {fault.column}, near {near}.",
            fault.line,
        )


@rule(
    "tools-relaxed-json",
    "tools",
    "info",
    "tools.json is JSON with another spelling",
    "Comments, trailing commas, single quotes, keys without quotes, True and None, and a code fence can be read. The "
    "fix writes strict JSON, without the comments.",
    fixer=unchanged,
)
def relaxed_json(inputs: Inputs) -> Iterator[Finding]:
    found = [one for one in inputs.tools_file.departures if one != LINES]
    if found:
        fix = "Write strict JSON." if inputs.tools_file.entries else None
        yield Finding(f"tools.json is JSON with {' and '.join(found)}. It was read.", 1, None, fix)


@rule(
    "tools-lines",
    "tools",
    "info",
    "tools.json has one tool after another",
    "JSONL has one JSON value on each line. The tools were read; the fix writes them as one list.",
    fixer=unchanged,
)
def lines(inputs: Inputs) -> Iterator[Finding]:
    if LINES in inputs.tools_file.departures:
        tools = count(len(inputs.tools_file.entries), "tool")
        yield Finding(
            f"tools.json has {tools}, one after another, not in a list. They were read.", 1, None, "Write a list."
        )


@rule("tools-not-a-list", "tools", "error", "tools.json is not a list of tools", f"It must be a list: {FORM}.")
def not_a_list(inputs: Inputs) -> Iterator[Finding]:
    file = inputs.tools_file
    nothing = file.source.text.strip() == "" or not file.source.readable or file.fault is not None
    if not nothing and not file.wrapper and not isinstance(file.raw, list):
        yield Finding(f"tools.json holds {show(file.source.text.strip(), 40)}, not a list of tools: {FORM}.", 1)


@rule(
    "tools-item-not-a-tool",
    "tools",
    "error",
    "An item of the list is not a tool",
    "Each tool is an object with a name, a description and parameters. The fix removes the item.",
    fixer=drop_items,
    safe=False,
)
def item_not_a_tool(inputs: Inputs) -> Iterator[Finding]:
    for entry in inputs.tools_file.entries:
        if entry.function is None:
            message = f"This item is not a tool: it has no name. A tool looks like {FORM[1:-1]}."
            yield at(inputs, entry.path, message, "Remove it." if entry.path else None)


@rule(
    "tools-repeated-key",
    "tools",
    "error",
    "A key occurs twice in an object",
    "JSON readers use only the last of the two and give no warning, so a whole argument may be lost. The fix keeps the "
    "last.",
    fixer=unchanged,
    safe=False,
)
def repeated_key(inputs: Inputs) -> Iterator[Finding]:
    for path, key in repeated_keys(inputs.tools_file.raw):
        message = f"The key {show(key)} occurs more than once in this object. Rename or remove one."
        yield at(inputs, path, message, "Keep the last." if inputs.tools_file.entries else None)


@rule(
    "tools-not-finite",
    "tools",
    "error",
    "A value is NaN or Infinity",
    "Python writes NaN and Infinity, but JSON has no such numbers. The fix removes the value.",
    fixer=drop_not_finite,
    safe=False,
)
def not_a_number(inputs: Inputs) -> Iterator[Finding]:
    for path, _ in not_finite(inputs.tools_file.raw):
        message = f"{path_text(path)} is not a finite number. JSON has no NaN and no Infinity."
        yield at(inputs, path, message, "Remove it." if inputs.tools_file.entries else None)


@rule(
    "tools-shape",
    "tools",
    "info",
    "The tools are written in another dialect",
    "Bare functions, {\"tools\": […]}, MCP's inputSchema, Anthropic's input_schema and Google's functionDeclarations "
    "can be read. The fix writes the standard form.",
    fixer=standard_shape,
)
def shape(inputs: Inputs) -> Iterator[Finding]:
    file = inputs.tools_file
    fix = "Write the standard form." if all(entry.function for entry in file.entries) else None
    if file.wrapper and file.entries:
        yield Finding(f"The tools are inside {show(file.wrapper)}, not in a plain list. They were read.", 1, None, fix)
    depth = 1 + len(file.wrapper.split(".") if file.wrapper else ())
    inner = [entry for entry in file.entries if len(entry.path) > depth]
    if inner:
        yield at(inputs, inner[0].path, f"{count(len(inner), 'tool')} inside inner lists. They were read.", fix)
    shapes: dict[str, list[int]] = {}
    for number, entry in enumerate(file.entries):
        if entry.shape:
            shapes.setdefault(entry.shape, []).append(number)
    for name, numbers in shapes.items():
        entry = file.entries[numbers[0]]
        form = f"{name} tools" if name in ("MCP", "Anthropic") else f"a {name}" if name.startswith("bare") else name
        yield at(inputs, entry.path, f"{count(len(numbers), 'tool')} written as: {form}. They were read.", fix)
