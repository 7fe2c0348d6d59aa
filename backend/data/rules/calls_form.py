"""Rules on calls that are written in another notation than JSON."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.calls import CallsCell, Repair
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import show

FORM = '[{"name": "tool", "args": {"query": "value"}}]'


def canonical(cell: CallsCell, _inputs: Inputs) -> str:
    """Returns the calls in the standard form, or the unchanged cell if a call cannot be read."""
    if not cell.calls or any(call is None or not call.sound for call in cell.calls):
        return cell.text
    return cell.canonical


_NOTATIONS: dict[Repair, tuple[str, str, str]] = {
    "python-repr": (
        "The calls are a Python literal, not JSON",
        "str() of a Python list writes single quotes, True and None; json.dumps() writes JSON.",
        "a Python literal (single quotes, True or None)",
    ),
    "smart-quotes": (
        "The calls have typographic quotes",
        "Word processors turn straight quotes into curly ones; JSON knows only straight ones.",
        "written with typographic quotes",
    ),
    "code-fence": (
        "The calls are inside a Markdown code fence",
        "Chat models often put JSON between ``` marks. The cell must hold only the JSON.",
        "wrapped in a Markdown code fence",
    ),
    "trailing-comma": (
        "There is a comma before a closing bracket",
        "JSON allows no comma after the last item.",
        "written with a comma before a closing bracket",
    ),
    "bare-keys": (
        "The keys have no quotes",
        "JavaScript allows {name: …}; in JSON every key is a string in double quotes.",
        "written with keys without quotes",
    ),
    "native-syntax": (
        "The calls are written in the model's own syntax",
        "The cell must hold JSON. The Trainer converts it to the model's syntax.",
        "written in the model's own syntax",
    ),
    "tool-call-tags": (
        "The calls are between the tags of a chat template",
        "Sets for Hermes, Qwen and Mistral put each call between tags such as <tool_call>, or after [TOOL_CALLS]. "
        "The Trainer adds the tags of its own model.",
        "between tags",
    ),
    "functioncall": (
        "The arguments are JSON between single quotes",
        "Glaive's sets write <functioncall> and put the arguments between single quotes.",
        "in Glaive's notation",
    ),
    "function-tags": (
        "The calls are written as XML",
        "Some chat templates write a call as <function=NAME> with <parameter=NAME> inside. Each value that is no list "
        "and no object is read as text; the fix of calls-wrong-type then converts numbers.",
        "written as XML",
    ),
    "python-call": (
        "The calls are written as Python calls",
        'Sets such as ToolACE write [get_weather(place="Oslo")], and str() of a client\'s objects looks alike. It is '
        "read if every argument has a name.",
        "written as Python calls",
    ),
    "json-lines": (
        "The calls follow one another without a list",
        "Two JSON objects on two lines are two calls of one row. The calls of a row are one list.",
        "several JSON values without a list around them",
    ),
    "other-text": (
        "There is other text around the calls",
        "Thoughts between <think> and </think>, and sentences before or after the calls, are not part of the label: "
        "the fix removes them. The model would have to write them on the phone before every call.",
        "in a cell with other text",
    ),
}


def _notation_rule(repair: Repair, title: str, explanation: str, what: str) -> None:
    """Registers the rule on one notation."""

    @rule(f"calls-{repair}", "calls", "error", title, explanation, fixer=canonical)
    def other_notation(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
        if cell.repair == repair:
            fixable = canonical(cell, inputs) != cell.text
            yield Finding(
                f"The calls are {what}, which is not JSON: {show(cell.text)}. It must look like {FORM}.",
                fix="Write it as JSON." if fixable else None,
            )


for _repair, _texts in _NOTATIONS.items():
    _notation_rule(_repair, *_texts)
