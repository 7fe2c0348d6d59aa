"""Names that the phone's grammar and Kotlin can read, made from other names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from typing import Literal

from backend.data.text import GRAMMAR_NAME, KEYWORDS, KOTLIN_NAME, MAX_NAME, SCHEMA_WORDS

Noun = Literal["tool", "argument"]

ALLOWED = "letters, digits and _, not beginning with a digit"
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "zh",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
            "e",
            "i",
            "yi",
            "ye",
            "g",
        ],
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        [
            "a",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "th",
            "i",
            "k",
            "l",
            "m",
            "n",
            "x",
            "o",
            "p",
            "r",
            "s",
            "s",
            "t",
            "y",
            "f",
            "ch",
            "ps",
            "o",
        ],
        strict=True,
    )
)
_LATIN = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_LETTERS: Mapping[str, str] = {**_CYRILLIC, **_GREEK, **_LATIN}
_SPELLED = ("HANGUL SYLLABLE ", "HIRAGANA LETTER ", "KATAKANA LETTER ")
"""Scripts whose letters Unicode names by their sound."""
_WORD = re.compile(r"[A-Za-z0-9_]+")
_DESCRIPTION_WORDS = 4


def name_problem(name: str) -> str | None:
    """Returns why the grammar cannot read the name, or None if it can."""
    if len(name) > MAX_NAME:
        return f"it has {len(name)} characters, and at most {MAX_NAME} are allowed"
    if name in KEYWORDS:
        return f"{name} is a keyword of the grammar"
    return None if GRAMMAR_NAME.fullmatch(name) else f"only {ALLOWED} are allowed"


def is_not_kotlin(name: str) -> bool:
    """Whether the grammar reads the name, and Kotlin does not."""
    return name_problem(name) is None and not KOTLIN_NAME.fullmatch(name)


def valid_name(name: str, noun: Noun, taken: Collection[str], description: str = "") -> str:
    """Returns the most similar name that can be used and is not in `taken`.

    Of a name in a script that cannot be spelled in ASCII, it is the first words of the description, or the noun.
    """
    words = _WORD.findall(_in_ascii(name))
    if not any(character.isalnum() for word in words for character in word):
        words = [word.lower() for word in _WORD.findall(_in_ascii(description))][:_DESCRIPTION_WORDS]
    found = "_".join(words) or noun
    if found[0].isdigit():
        found = f"{noun}_{found}"
    if found in KEYWORDS or (noun == "argument" and found in SCHEMA_WORDS):
        found = f"{found}_{'tool' if noun == 'tool' else 'value'}"
    return free_name(found, taken)


def free_name(name: str, taken: Collection[str]) -> str:
    """Returns the name, cut to the longest that is allowed, with a number at its end if it is taken."""
    candidate, number = name[:MAX_NAME], 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate, number = name[: MAX_NAME - len(suffix)] + suffix, number + 1
    return candidate


def _in_ascii(text: str) -> str:
    """Returns the text with its letters spelled in ASCII; what cannot be spelled becomes a space."""
    return "".join(_spelled(character) for character in unicodedata.normalize("NFC", text))


def _spelled(character: str) -> str:
    if character.isascii():
        return character
    lowered = character.lower()
    if lowered in _LETTERS:
        spelled = _LETTERS[lowered]
        return spelled if character == lowered else spelled.capitalize()
    name = unicodedata.name(character, "")
    for script in _SPELLED:
        if name.startswith(script):
            return name.removeprefix(script).removeprefix("SMALL ").lower()
    plain = [part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)]
    if all(part.isascii() for part in plain):
        return "".join(plain)
    return "".join(_LETTERS.get(part.lower(), " ") for part in plain)
