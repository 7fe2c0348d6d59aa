"""The languages whose words a trimmed vocabulary can keep: their names, their scripts and their commonest words."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from backend.errors import InputError

ENGLISH = "en"
"""It is always kept: tools, calls and most names of apps are written in it."""
LATIN, CYRILLIC, GREEK, HEBREW, ARABIC = "latin", "cyrillic", "greek", "hebrew", "arabic"
DEVANAGARI, BENGALI, TAMIL, HANGUL, HAN, KANA = "devanagari", "bengali", "tamil", "hangul", "han", "kana"
COMMON = "common"
"""Digits, and marks that are added to the letters of any script."""
SCRIPT_WORDS = {
    COMMON: ("DIGIT", "COMBINING", "VARIATION"),
    LATIN: ("LATIN", "FEMININE", "MASCULINE"),
    CYRILLIC: ("CYRILLIC",),
    GREEK: ("GREEK",),
    HEBREW: ("HEBREW",),
    ARABIC: ("ARABIC", "ARABIC-INDIC", "EXTENDED"),
    DEVANAGARI: ("DEVANAGARI",),
    BENGALI: ("BENGALI",),
    TAMIL: ("TAMIL",),
    HANGUL: ("HANGUL",),
    HAN: ("CJK", "IDEOGRAPHIC", "FULLWIDTH"),
    KANA: ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH"),
}
"""The first words of the Unicode names of a script's characters."""
_SCRIPT_OF = {word: script for script, words in SCRIPT_WORDS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Language:
    """A language with a word list in wordfreq: its code there, its English name, and the scripts that it is in."""

    code: str
    name: str
    scripts: tuple[str, ...] = (LATIN,)


LANGUAGES = {
    language.code: language
    for language in (
        Language("ar", "Arabic", (ARABIC,)),
        Language("bg", "Bulgarian", (CYRILLIC,)),
        Language("bn", "Bengali", (BENGALI,)),
        Language("ca", "Catalan"),
        Language("cs", "Czech"),
        Language("da", "Danish"),
        Language("de", "German"),
        Language("el", "Greek", (GREEK,)),
        Language("en", "English"),
        Language("es", "Spanish"),
        Language("fa", "Persian", (ARABIC,)),
        Language("fi", "Finnish"),
        Language("fil", "Filipino"),
        Language("fr", "French"),
        Language("he", "Hebrew", (HEBREW,)),
        Language("hi", "Hindi", (DEVANAGARI,)),
        Language("hu", "Hungarian"),
        Language("id", "Indonesian"),
        Language("is", "Icelandic"),
        Language("it", "Italian"),
        Language("ja", "Japanese", (KANA, HAN)),
        Language("ko", "Korean", (HANGUL,)),
        Language("lt", "Lithuanian"),
        Language("lv", "Latvian"),
        Language("mk", "Macedonian", (CYRILLIC,)),
        Language("ms", "Malay"),
        Language("nb", "Norwegian"),
        Language("nl", "Dutch"),
        Language("pl", "Polish"),
        Language("pt", "Portuguese"),
        Language("ro", "Romanian"),
        Language("ru", "Russian", (CYRILLIC,)),
        Language("sh", "Serbo-Croatian", (LATIN, CYRILLIC)),
        Language("sk", "Slovak"),
        Language("sl", "Slovenian"),
        Language("sv", "Swedish"),
        Language("ta", "Tamil", (TAMIL,)),
        Language("tr", "Turkish"),
        Language("uk", "Ukrainian", (CYRILLIC,)),
        Language("ur", "Urdu", (ARABIC,)),
        Language("vi", "Vietnamese"),
        Language("zh", "Chinese", (HAN,)),
    )
}
"""All languages of wordfreq 3.1.1, by code."""

JOINED = ("ja", "ko", "zh")
"""Languages whose words wordfreq found with a dictionary: texts join them, and pieces reach over the joints."""
ALPHABETS = frozenset(SCRIPT_WORDS) - {HAN, HANGUL}
"""The scripts with few characters, 1,700 in Gemma 3; Han has 9,800 there and Hangul 1,800."""


def parse_languages(text: str) -> tuple[str, ...]:
    """Returns the codes of the languages in a list such as `en,es`, English first, each once.

    Codes and English names are known, in capitals or not. English is added if the list lacks it. Raises InputError if
    the list is empty or names an unknown language.
    """
    codes = {word.casefold(): one.code for one in LANGUAGES.values() for word in (one.code, one.name)}
    words = [word.strip() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word.casefold() not in codes]
    if unknown or not words:
        wrong = f"There is no language {unknown[0][:40]!r} here" if unknown else "No language is named"
        known = ", ".join(f"{one.code} ({one.name})" for one in LANGUAGES.values())
        raise InputError(f"{wrong}. Name languages with commas between them, such as en,es. The known ones: {known}.")
    return english_first(codes[word.casefold()] for word in words)


def english_first(codes: Iterable[str]) -> tuple[str, ...]:
    """Returns the codes, each once, with English before all others."""
    return tuple(dict.fromkeys((ENGLISH, *codes)))


def common_words(code: str, most: int) -> dict[str, float]:
    """Returns the `most` commonest words of a language, in lower case and without numbers, with their frequencies.

    They are wordfreq's, the commonest first. Its list for the language may have fewer.
    """
    from wordfreq import available_languages, cB_to_freq, read_cBpack  # takes a quarter of a second to load

    found: dict[str, float] = {}
    for size in ("small", "best"):
        buckets = enumerate(read_cBpack(available_languages(size)[code]))
        words = ((word, cB_to_freq(-at)) for at, bucket in buckets for word in bucket if not _has_digit(word))
        found = dict(islice(words, most))
        if len(found) == most:
            break
    return found


def _has_digit(word: str) -> bool:
    return any(map(str.isdigit, word))


def script_of(character: str) -> str | None:
    """Returns the script of a character; None for signs, digits, and scripts of no language here."""
    return _SCRIPT_OF.get(unicodedata.name(character, "").partition(" ")[0])
