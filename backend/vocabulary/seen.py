"""Finds the languages that messages are written in."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from backend.vocabulary.languages import HAN, KANA, LANGUAGES, LATIN, common_words, english_first, script_of

SHARE = 0.02
"""The least share of the messages in a language that counts: titles and names in other languages have less."""
FEWEST = 1.5
"""The least expected number of messages: two clear ones count, and one does not."""
MOST_MESSAGES = 4000
WORDS = 5000
"""The words of each language that are compared."""
ROUNDS = 30
FLOOR = 1e-6
"""The frequency of a word that a language's list lacks; the 5,000th word of a list has about 2e-5."""
OTHER_SCRIPT = 1e-3
"""How much rarer a word in another script than Latin is in the languages that are not written in it."""
HAN_ALONE = 0.3
"""How much rarer Han characters are in Japanese than in Chinese, which has no others."""
_RUNS = re.compile(r"[^\W\d_]+")
Gains = Mapping[str, float]
"""How many times likelier a word or message is in a language than an unknown one, as a logarithm, by code."""


def seen_languages(messages: Iterable[str]) -> tuple[str, ...]:
    """Returns the codes of the languages that the messages are written in: English, then the most frequent first.

    A language is seen if its share is at least 2 % and about two messages. Equal messages count once.
    """
    different = sorted(set(messages))
    asked = different[:: max(1, math.ceil(len(different) / MOST_MESSAGES))]
    shares = language_shares(asked)
    least = max(SHARE, FEWEST / max(1, len(asked)))
    seen = [code for code, share in shares.items() if share >= least]
    return english_first(sorted(seen, key=lambda code: -shares[code]))


def language_shares(messages: Sequence[str]) -> dict[str, float]:
    """Returns the share of the messages in each language; their sum is below 1 if messages have no known word.

    The messages are taken as a mixture of languages with unknown shares. A message is as probable in a language as the
    product of its words' frequencies there (wordfreq's). The shares that make all messages most probable are found by
    expectation and maximisation. So a short message that fits several languages counts for those that the other
    messages are written in.
    """
    words = [_words(message) for message in messages]
    table = _gain_table({word for some in words for word in some})
    gains = [found for some in words if (found := _message_gains(some, table))]
    shares = {code: 1 / len(LANGUAGES) for code in LANGUAGES}
    for _ in range(ROUNDS if gains else 0):
        shares = _next_shares(shares, gains)
    return {code: share * len(gains) / max(1, len(messages)) for code, share in shares.items()}


def _words(message: str) -> list[tuple[str, str]]:
    """The words of a message in lower case with their scripts; a word in two scripts is two."""
    runs = _RUNS.findall(unicodedata.normalize("NFC", message).casefold())
    parts = ((script, "".join(part)) for run in runs for script, part in groupby(run, script_of))
    return [(script, part) for script, part in parts if script]


def _gain_table(words: Collection[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """The gains of each word by language; one in Latin script that no list has has none."""
    table: dict[str, dict[str, float]] = {word: {} for _, word in words}
    scripts = {script for script, _ in words}
    readers = [one for one in LANGUAGES.values() if scripts & set(one.scripts)]
    for script, word in words:
        for language in readers if script != LATIN else ():
            if script in language.scripts:
                rarer = HAN_ALONE if script == HAN and KANA in language.scripts else 1
                table[word][language.code] = math.log(rarer / OTHER_SCRIPT)
    for language in readers:
        for word, frequency in common_words(language.code, WORDS).items():
            if word in table:
                gain = math.log(max(frequency, FLOOR) / FLOOR)
                table[word][language.code] = table[word].get(language.code, 0.0) + gain
    return table


def _message_gains(words: Iterable[tuple[str, str]], table: Mapping[str, Gains]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for _, word in words:
        for code, gain in table[word].items():
            found[code] += gain
    return found


def _next_shares(shares: Mapping[str, float], gains: Sequence[Gains]) -> dict[str, float]:
    """One round: each message is divided among the languages by their shares, then the shares are counted anew."""
    counts = dict.fromkeys(shares, 0.0)
    for message in gains:
        top = max(message.values())
        weights = {code: share * math.exp(message.get(code, 0.0) - top) for code, share in shares.items()}
        whole = math.fsum(weights.values())
        for code, weight in weights.items():
            counts[code] += weight / whole
    return {code: count / len(gains) for code, count in counts.items()}
