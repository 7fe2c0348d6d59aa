"""Rules on garbled texts in the values of calls; each fix also cleans the message that the value was copied from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from backend.data.calls import CallsCell
from backend.data.fixers import ValuesFixer, as_in_message, open_texts, write_as_in_message
from backend.data.rows import Finding, Inputs, rule
from backend.data.text import (
    CONTROL,
    composed,
    demangled,
    escape,
    path_text,
    reserved_token,
    show,
    walk,
    without_controls,
    without_invisible,
    without_outer_space,
    without_reserved,
)

_TOGETHER = "The fix changes the message in the same way, so that both stay equal."
_GARBLED: dict[str, tuple[str, str, str, Callable[[str], str]]] = {
    "mojibake": (
        "A value was decoded with the wrong encoding",
        f"CafÃ© was Café before a program read UTF-8 as Windows-1252. The app would receive CafÃ©. {_TOGETHER}",
        "was decoded with the wrong encoding",
        demangled,
    ),
    "invisible-character": (
        "A value contains an invisible character",
        f"The model would have to write the zero-width space, and the app would compare it. {_TOGETHER}",
        "contains an invisible character",
        without_invisible,
    ),
    "not-nfc": (
        "A value is not in Unicode's composed form",
        f"é can be one character, or e and an accent. Phones send the composed form (NFC). {_TOGETHER}",
        "has separate letters and accents",
        composed,
    ),
    "outer-space": (
        "There are spaces around a value",
        f"The prompt format removes the spaces around a message, so the model cannot copy them. {_TOGETHER}",
        "begins or ends with a space",
        without_outer_space,
    ),
}


def _verbatim(cell: CallsCell) -> bool:
    """Whether the values stand in the cell as they are, so that a search in its text saves a walk over them."""
    return "\\" not in cell.text


def _has_outer_space(cell: CallsCell) -> bool:
    return any(text != text.strip() for call in cell.sound for _, text in walk(call.arguments) if isinstance(text, str))


def _garbled_rule(name: str, title: str, explanation: str, what: str, clean: Callable[[str], str]) -> None:
    """Registers the rule on one kind of garbled text."""

    @rule(f"calls-{name}", "calls", "warning", title, explanation, fixer=ValuesFixer(clean))
    def garbled(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
        if (cell.text.isascii() and _verbatim(cell)) and not (clean is without_outer_space and _has_outer_space(cell)):
            return
        for call in cell.sound:
            for path, text in open_texts(call, inputs.tools):
                cleaned = clean(text)
                if cleaned != text and cleaned.strip():
                    yield Finding(
                        f"{escape(path_text(path))} is {show(text)}, which {what}.", fix=f"Write {show(cleaned)}."
                    )


for _name, _texts in _GARBLED.items():
    _garbled_rule(_name, *_texts)


def _every_text(cell: CallsCell, inputs: Inputs, clean: Callable[[str], str]) -> Iterator[tuple[str, str, str | None]]:
    """Yields the path and the text of each value and each key, and the text of the fix of a value."""
    for call in cell.sound:
        open_paths = {path for path, _ in open_texts(call, inputs.tools)}
        for path, value in walk(call.arguments):
            if isinstance(value, str):
                cleaned = clean(value)
                fixable = path in open_paths and cleaned != value and cleaned.strip()
                yield path_text(path), value, f"Write {show(cleaned)}." if fixable else None
            for key in value if isinstance(value, Mapping) else ():
                yield path_text((*path, key)), key, None


@rule(
    "calls-reserved-token",
    "calls",
    "error",
    "A value contains a control token",
    "The tokenizer reads it as a control token, which ends the call too early. Check first whether the app needs the "
    "rest of the value.",
    fixer=ValuesFixer(without_reserved),
    safe=False,
)
def reserved_in_value(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if _verbatim(cell) and not reserved_token(cell.text):
        return
    for path, text, fix in _every_text(cell, inputs, without_reserved):
        token = reserved_token(text)
        if token:
            yield Finding(f"{escape(path)} contains the control token {token}. Remove it from the value.", fix=fix)


@rule(
    "calls-broken-character",
    "calls",
    "error",
    "A value contains half a character",
    "A lone surrogate (\\ud800 to \\udfff) is half of a character. It cannot be written as UTF-8.",
)
def lone_surrogate(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if cell.text.isascii() and _verbatim(cell):
        return
    for path, text, _ in _every_text(cell, inputs, str):
        if any("\ud800" <= character <= "\udfff" for character in text):
            yield Finding(
                f"{escape(path)} is {show(text)}, which contains half a character. Write the whole character."
            )


@rule(
    "calls-control-character",
    "calls",
    "error",
    "A value contains a control character",
    f"NUL and other control characters come from broken exports. The app on the phone would receive them. {_TOGETHER}",
    fixer=ValuesFixer(without_controls),
)
def control_in_value(cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if _verbatim(cell) and not CONTROL.search(cell.text):
        return
    for path, text, fix in _every_text(cell, inputs, without_controls):
        if CONTROL.search(text):
            yield Finding(f"{escape(path)} is {show(text)}, which contains a control character. Remove it.", fix=fix)


@rule(
    "row-other-marks",
    "row",
    "warning",
    "A value has other quotes, dashes or spaces than the message",
    "The message says O’Neil’s and the label O'Neil's. A model copies words from the message, so the label should have "
    "the message's own marks. Check first whether the app needs the other ones: then change the messages instead.",
    fixer=write_as_in_message,
    safe=False,
    batch=True,
    odd_only=True,
)
def other_marks(message: str, cell: CallsCell, inputs: Inputs) -> Iterator[Finding]:
    if message.isascii() and cell.text.isascii() and _verbatim(cell):
        return
    for call in cell.sound:
        for path, text in open_texts(call, inputs.tools):
            written = as_in_message(text, message)
            if written is not None and written != text:
                yield Finding(
                    f"{escape(path_text(path))} is {show(text)}, and the message says {show(written)}.",
                    fix=f"Write {show(written)}.",
                )
