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
    """A language with a word list in wordfreq: its code there, its English name, and the scripts that it is in.

    `pieces` is how many pieces of Gemma 3's tokenizer kept_pieces adds for it to those of English (2026-11-28). Two
    languages share pieces, so their sum is too large: by 4 % for German, Spanish and French.
    """

    code: str
    name: str
    scripts: tuple[str, ...] = (LATIN,)
    pieces: int = 0


LANGUAGES = {
    language.code: language
    for language in (
        Language("ar", "Arabic", (ARABIC,), pieces=4_611),
        Language("bg", "Bulgarian", (CYRILLIC,), pieces=6_319),
        Language("bn", "Bengali", (BENGALI,), pieces=8_768),
        Language("ca", "Catalan", pieces=8_189),
        Language("cs", "Czech", pieces=5_491),
        Language("da", "Danish", pieces=5_577),
        Language("de", "German", pieces=9_494),
        Language("el", "Greek", (GREEK,), pieces=1_240),
        Language("en", "English"),
        Language("es", "Spanish", pieces=13_368),
        Language("fa", "Persian", (ARABIC,), pieces=4_662),
        Language("fi", "Finnish", pieces=4_079),
        Language("fil", "Filipino", pieces=5_560),
        Language("fr", "French", pieces=10_023),
        Language("he", "Hebrew", (HEBREW,), pieces=755),
        Language("hi", "Hindi", (DEVANAGARI,), pieces=12_073),
        Language("hu", "Hungarian", pieces=4_547),
        Language("id", "Indonesian", pieces=8_678),
        Language("is", "Icelandic", pieces=3_542),
        Language("it", "Italian", pieces=8_544),
        Language("ja", "Japanese", (KANA, HAN), pieces=17_908),
        Language("ko", "Korean", (HANGUL,), pieces=5_121),
        Language("lt", "Lithuanian", pieces=4_405),
        Language("lv", "Latvian", pieces=4_115),
        Language("mk", "Macedonian", (CYRILLIC,), pieces=5_027),
        Language("ms", "Malay", pieces=8_862),
        Language("nb", "Norwegian", pieces=5_821),
        Language("nl", "Dutch", pieces=6_880),
        Language("pl", "Polish", pieces=5_824),
        Language("pt", "Portuguese", pieces=11_213),
        Language("ro", "Romanian", pieces=5_765),
        Language("ru", "Russian", (CYRILLIC,), pieces=10_580),
        Language("sh", "Serbo-Croatian", (LATIN, CYRILLIC), pieces=5_760),
        Language("sk", "Slovak", pieces=5_315),
        Language("sl", "Slovenian", pieces=4_848),
        Language("sv", "Swedish", pieces=5_711),
        Language("ta", "Tamil", (TAMIL,), pieces=3_785),
        Language("tr", "Turkish", pieces=5_910),
        Language("uk", "Ukrainian", (CYRILLIC,), pieces=6_785),
        Language("ur", "Urdu", (ARABIC,), pieces=4_706),
        Language("vi", "Vietnamese", pieces=4_260),
        Language("zh", "Chinese", (HAN,), pieces=19_548),
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
