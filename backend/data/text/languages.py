"""Guesses the language of short messages by their script and by frequent short words."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import repeat

_WORDS = {
    "English": "the is a an to of in my how what where do i you are can me for show find there on it please tell any",
    "Spanish": "el la los las un una de en que qué cómo dónde está mi por para con hay más es quiero puedo al del",
    "French": "le la les un une des de du en est où comment quel quelle mon ma je il y pour avec dans plus suis moi ce",
    "German": "der die das ein eine ist wie wo was ich mir mein meine zu auf im den und gibt es für mit noch einen",
    "Italian": "il lo gli un una di che come dove è mi sono per con più quanto della nel ci questo qual quale vorrei",
    "Portuguese": "o os um uma de em que como onde está meu minha por para com mais é quero posso quanto não da do ao",
    "Dutch": "de het een van in is hoe waar wat ik mij mijn naar op voor met nog er zijn kan dit welke geef toon",
}
_BY_WORD: dict[str, list[str]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _BY_WORD.setdefault(_word, []).append(_language)

_SCRIPTS = {
    "CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean", "CYRILLIC": "Cyrillic script",
    "ARABIC": "Arabic script", "HEBREW": "Hebrew", "GREEK": "Greek", "THAI": "Thai", "DEVANAGARI": "Devanagari script",
}  # fmt: skip
_CODES = {
    "English": "en", "German": "de", "Spanish": "es", "French": "fr", "Portuguese": "pt", "Italian": "it",
    "Dutch": "nl", "Devanagari script": "hi", "Japanese": "ja", "Chinese": "zh", "Korean": "ko",
}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_ASCII_LETTERS = {point: chr(point).lower() if chr(point).isalpha() else " " for point in range(128)}
_BITS = 32
_VOTES = {
    word: sum(1 << _BITS * list(_WORDS).index(language) for language in languages)
    for word, languages in _BY_WORD.items()
}
"""One vote for each language of a word: the votes of a language are 32 bits of the sum of a message's words."""
_FEWEST = 5
_SHARE = 0.01


def language_counts(messages: Iterable[str]) -> Counter[str]:
    """Returns the number of messages per guessed language, without languages under 1 % or 5 rows."""
    found = Counter(language for language in map(guess_language, messages) if language)
    enough = max(_FEWEST, _SHARE * found.total())
    return Counter({language: number for language, number in found.items() if number >= enough})


def guess_language(message: str) -> str | None:
    """Returns the language with the most matching words, or None if no language has more than the others."""
    if message.isascii():
        words = message.translate(_ASCII_LETTERS).split()
    else:
        words = _LETTERS.findall(message.casefold())
        script = _script("".join(words))
        if script:
            return script
    return _winner(sum(map(_VOTES.get, words, repeat(0))))


@lru_cache(maxsize=4096)
def _winner(votes: int) -> str | None:
    """Returns the language with the most votes in a sum of _VOTES, or None if there is none or several have as many."""
    counts = [(votes >> _BITS * at) % (1 << _BITS) for at in range(len(_WORDS))]
    most = max(counts)
    return list(_WORDS)[counts.index(most)] if most and counts.count(most) == 1 else None


def guess_code(message: str) -> str:
    """Returns the ISO 639-1 code of the guessed language; empty if none is guessed, or if a script has several."""
    return _CODES.get(guess_language(message) or "", "")


def _script(letters: str) -> str | None:
    """Returns the language or script of the first letter that is not Latin; kana takes precedence over Chinese."""
    names = {_SCRIPTS.get(unicodedata.name(letter, "-").split()[0]) for letter in letters if letter > "\u036f"} - {None}
    return "Japanese" if "Japanese" in names else next(iter(sorted(name for name in names if name)), None)
