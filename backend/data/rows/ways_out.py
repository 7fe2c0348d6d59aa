"""What leads out of an error that has no fix: leaving the row out, or one sentence on what to do."""

from __future__ import annotations

LEAVE_OUT = "Leave the row out."
"""The way out of every error of one row; backend/data/fixing/leaving_out.py applies it."""

_ROW_SCOPES = frozenset({"message", "calls", "row", "tokens"})
_ROW_CODES = frozenset(
    {
        "csv-ragged-row",
        "csv-unclosed-quote",
        "csv-inner-quote",
        "csv-control-character",
        "csv-cell-too-long",
        "set-conflict",
    }
)
_SENTENCES = {
    "csv-unreadable": "Choose the file again.",
    "csv-too-large": "Keep the rows that differ most, save them as a smaller file, and choose that one.",
    "csv-binary": "Save the first sheet as CSV in the program that made the file, and choose that file.",
    "csv-empty": "Choose a file with rows, or use the example as a template.",
    "csv-no-rows": "Add a row for each example below the header, or use the example as a template.",
    "csv-column-missing": "Give the column its standard name in the header.",
    "set-too-few-to-split": "Add rows: two valid rows with different messages are enough.",
    "set-tool-without-rows": "Add a row that calls the tool, or remove the tool from tools.json.",
    "tokens-cut-answer": "Leave these rows out, or set the maximum length in the settings of the training.",
    "tokens-over-cache": "Leave these rows out, or choose a larger KV cache in the settings of the export.",
    "tools-unreadable": "Choose the file again.",
    "tools-too-large": "Remove what the app does not need, such as long examples, and choose the smaller file.",
    "tools-binary": "Save the tools as JSON text in UTF-8, and choose that file.",
    "tools-empty": "Choose a file with tools, or use the example as a template.",
    "tools-not-json": "Correct the named line, or use the example as a template.",
    "tools-not-a-list": "Put the tools into a list, or use the example as a template.",
    "tools-item-not-a-tool": "Give the entry a name and a description, or remove it.",
    "tools-repeated-key": "Remove one of the two keys.",
    "tools-not-finite": "Write a finite number, or remove the value.",
    "tools-no-name": "Fill in the name of the tool.",
    "tools-duplicate-name": "Change the name of one of the two tools, or remove it.",
    "tools-bad-name": "Change the name of the tool, and the same name in the rows that call it.",
    "tools-bad-argument-name": "Change the name of the argument, and the same name in the rows that have it.",
    "tools-argument-name-reserved": "Change the name of the argument, and the same name in the rows that have it.",
    "tools-parameters-not-an-object": "Describe each argument under properties, with its type.",
    "tools-type-missing": "Choose the type of the argument.",
    "tools-type-unknown": "Choose the type of the argument.",
    "tools-union": "Choose one type for the argument.",
    "tools-required-unknown": "Mark only arguments of the tool as required.",
    "tools-required-not-a-list": "Mark the required arguments of the tool again.",
    "tools-enum-invalid": "List the allowed values again, all of the argument's type.",
    "tools-description-not-text": "Write the description as one text.",
    "tools-reserved-token": "Remove the control token from the text.",
    "tools-broken-character": "Type the broken character again.",
}
_OF_TOOLS = "Change this part of tools.json, then check again."
_OF_FILE = "Change this part of the file, then check again."


def leaves_row(code: str, scope: str, line: int | None) -> bool:
    """Whether an error of a rule concerns the row on a line, so that leaving this row out ends it."""
    return line is not None and (scope in _ROW_SCOPES or code in _ROW_CODES)


def way_out(code: str, scope: str, line: int | None) -> str:
    """Returns what leads out of an error of a rule: LEAVE_OUT for an error of one row, else a sentence."""
    if leaves_row(code, scope, line):
        return LEAVE_OUT
    return _SENTENCES.get(code) or (_OF_TOOLS if scope in ("tools", "values") else _OF_FILE)


def has_own_way_out(code: str, scope: str) -> bool:
    """Whether a rule's errors are left with their row or have a sentence of their own."""
    return leaves_row(code, scope, 1) or code in _SENTENCES
