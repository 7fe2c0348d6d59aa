"""The rule on values that the message does not say, although other rows copy theirs from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from backend.data.rows import Argument, Finding, SetView, closed_values, rule
from backend.data.text import CALLS, normal_message, show

_FEWEST_COPIES = 3
_MOST_SILENT = 1 / 3
_STEM = 4
_STEM_SHARE = 0.6
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@rule(
    "set-value-never-said",
    "set",
    "info",
    "A value is not in its message",
    "Most rows of the argument copy words from the message, and this row has none of its value's words. The label may "
    "be wrong, or the value was known from elsewhere: the model on the phone sees only the message. An argument is "
    f"compared if at least {_FEWEST_COPIES} rows and two thirds of all copy a word; word endings may differ. "
    "One whose values look closed (values-closed) is not compared.",
)
def value_never_said(view: SetView) -> Iterator[Finding]:
    for argument, used in view.string_values.items():
        lettered = {value: any(map(str.isalpha, value)) for value in {one.value for one in used}}
        worded = [one for one in used if lettered[one.value]]
        silent = [one for one in worded if not says(one.example.message, one.value)]
        copied = len(worded) - len(silent)
        if (
            not silent
            or copied < _FEWEST_COPIES
            or len(silent) > _MOST_SILENT * len(worded)
            or _is_closed(argument, view)
        ):
            continue
        for one in silent:
            yield Finding(
                f"{argument} is {show(one.value)}, and the message {show(one.example.message)} has none of these "
                f"words. {copied:,} of {len(worded):,} rows copy words for it.",
                one.example.line,
                CALLS,
            )


def _is_closed(argument: Argument, view: SetView) -> bool:
    return any(found.argument == argument for found in closed_values(view))


def says(message: str, value: str) -> bool:
    """Whether a message has a word of a value, in another form at most; in scripts without spaces, two characters."""
    text = normal_message(message)
    spaced = f" {' '.join(text.split())} "
    return any(_has_form(spaced, word) or _shares_characters(text, word) for word in normal_message(value).split())


def _has_form(spaced: str, word: str) -> bool:
    """Whether a text with spaces around each word has a word in this form or another."""
    if len(word) < _STEM or f" {word[:_STEM]}" not in spaced:
        return f" {word} " in spaced
    return any(word == other or _same_stem(word, other) for other in spaced.split())


def _same_stem(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return common >= _STEM and common >= _STEM_SHARE * min(len(one), len(other))


def _shares_characters(text: str, word: str) -> bool:
    if word.isascii() or not _UNSPACED.search(word):
        return False
    return word in text or any(word[at : at + 2] in text for at in range(len(word) - 1))
