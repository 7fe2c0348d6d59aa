"""Decides which off-topic messages the user's own tools might answer, by a rule that can be read.

A topic is left out with all its messages, in every language, if a word of the topic is in the name or in a value of a
tool, if two are in the descriptions, or if 2 % of the rows contain such words, two at least. Of the other topics, a
message is left out if it shares a word with a tool's name or values, or most of its words with a row. Words that
messages of many topics contain do not count. A word of a name or a value counts longer.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import filterfalse
from typing import Any

from backend.data.text import normal_message
from backend.off_topic.messages import Message, asked_messages, taught_messages, topic_words
from backend.records import Example, Tool

COMMON_TOPICS = 4
"""A word that messages of this many topics contain says nothing about the topic."""
COMMON_NAME_TOPICS = 9
"""A word of a name or a value says nothing if messages of this many topics contain it, such as "set" and "find".

"timer" is in messages of 7 topics, and an app with start_timer answers all of them (2026-11-28).
"""
DESCRIBED = 2
"""The topic words in the descriptions or in the rows that leave a topic out; one alone often has another meaning."""
ROW_SHARE = 0.02
"""The least share of the rows with words of the topic."""
FEWEST_ROWS = 3
"""The fewest rows of a word that counts: one odd row decides nothing."""
OVERLAP = 0.6
"""A message is as a row if the row has this share of its words that count, and at least two of them."""

_INNER_CAPITAL = re.compile(r"[a-z0-9][A-Z]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_SPACES = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
"""Scripts that write words without spaces between them: their words are searched for inside the text."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Messages that one finding leaves out: `key` is the topic or the word, `reason` a phrase, `count` messages."""

    key: str
    reason: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """The messages that no tool should answer, and those that are left out, the largest group first."""

    messages: tuple[Message, ...]
    left_out: tuple[LeftOut, ...] = ()


class Relation:
    """The words of the tools and rows, against which messages are held."""

    def __init__(self, tools: Sequence[Tool], rows: Iterable[Example]) -> None:
        self._named = _origins(_named(tools))
        self._described = _origins(_described(tools))
        counted = Counter(row.message for row in rows)
        self._messages, self._times = list(counted), list(counted.values())
        self._unspaced = [at for at, message in enumerate(self._messages) if _has_no_spaces(message)]
        self._said = {normal_message(message): message for message in counted}
        self._by_word: dict[str, list[int]] = defaultdict(list)
        common = common_words()
        for at, message in enumerate(self._messages):
            for word in words_of(message) - common:
                self._by_word[word].append(at)
        self._topics = {topic: reason for topic in topic_words() if (reason := self._topic_reason(topic))}

    def select(self, messages: Sequence[Message], put_back: Collection[str] = ()) -> Selection:
        """Returns the messages that no tool should answer. The keys in `put_back` leave nothing out."""
        kept: list[Message] = []
        groups: dict[str, tuple[str, list[Message]]] = {}
        for message in messages:
            found = next((pair for pair in self._findings(message) if pair[0] not in put_back), None)
            if found is None:
                kept.append(message)
            else:
                groups.setdefault(found[0], (found[1], []))[1].append(message)
        left = [LeftOut(key, reason, tuple(found)) for key, (reason, found) in groups.items()]
        return Selection(tuple(kept), tuple(sorted(left, key=lambda group: (-len(group.messages), group.key))))

    def _findings(self, message: Message) -> Iterator[tuple[str, str]]:
        """The key and the reason of everything that relates this message to the tools."""
        if message.topic in self._topics:
            yield message.topic, self._topics[message.topic]
        words = words_of(message.text)
        for word in sorted((words & self._named.keys()) - common_words(COMMON_NAME_TOPICS)):
            yield word, f"“{word}” is {self._named[word]}"
        near = self._said.get(normal_message(message.text)) or self._row_like(words - common_words())
        if near is not None:
            yield "your rows", f"it is a row or has most of the words of one, such as “{near}”"

    def _topic_reason(self, topic: str) -> str:
        words = topic_words()[topic] - common_words()
        named = sorted(word for word in words if _found(word, self._named))
        if named:
            return f"“{named[0]}” is {self._named[_found(named[0], self._named)]}"
        described = sorted(word for word in words if _found(word, self._described))
        if len({_found(word, self._described) for word in described}) >= DESCRIBED:
            return f"“{described[0]}” and “{described[1]}” are in the descriptions"
        hits = self._rows_with(words)
        rows = sum(self._times[at] for at in set().union(*hits.values()))
        counts = {word: sum(self._times[at] for at in found) for word, found in hits.items()}
        ranked = sorted(hits, key=lambda word: (-counts[word], hits[word][0], word))
        telling = [word for word in ranked[:DESCRIBED] if counts[word] >= FEWEST_ROWS]
        if rows >= ROW_SHARE * sum(self._times) and len(telling) == DESCRIBED:
            return f"{rows} of your rows have words of it, such as “{telling[0]}” and “{telling[1]}”"
        return ""

    def _rows_with(self, words: Collection[str]) -> Mapping[str, list[int]]:
        """The positions of the messages with each word; of scripts without spaces, those without another word."""
        hits = {word: self._by_word[word] for word in words if word in self._by_word and not _has_no_spaces(word)}
        inside = [word for word in words if _has_no_spaces(word)]
        spoken = set().union(*hits.values()) if inside and self._unspaced else set[int]()
        for word in inside:
            found = [at for at in self._unspaced if at not in spoken and word in self._messages[at]]
            if found:
                hits[word] = found
        return hits

    def _row_like(self, words: Collection[str]) -> str | None:
        """A row that has most of the words; None if there is none."""
        met = Counter(at for word in words for at in self._by_word.get(word, ()))
        for at, count in met.most_common(1):
            if count >= 2 and count >= OVERLAP * len(words):
                return self._messages[at]
        return None


@lru_cache(maxsize=1 << 14)
def words_of(text: str) -> frozenset[str]:
    """Returns the different words of a text in normal form, names with underscores or capitals divided."""
    parted = text.replace("_", " ")
    if _INNER_CAPITAL.search(parted):
        parted = _CAMEL.sub(" ", parted)
    return frozenset(filterfalse(str.isdecimal, normal_message(parted).split()))


@lru_cache
def common_words(least: int = COMMON_TOPICS) -> frozenset[str]:
    """Returns the words that messages of `least` or more topics contain."""
    return frozenset(word for word, found in _topics_by_word().items() if len(found) >= least)


@cache
def _topics_by_word() -> Mapping[str, set[str]]:
    """Returns the topics of the product's own messages that contain each word."""
    topics: dict[str, set[str]] = defaultdict(set)
    for message in (*asked_messages(), *taught_messages()):
        for word in words_of(message.text) if message.topic else ():
            topics[word].add(message.topic)
    return topics


def _has_no_spaces(text: str) -> bool:
    """Whether a text has a character of a script without spaces between words."""
    return not text.isascii() and _NO_SPACES.search(text) is not None


def _found(word: str, words: Mapping[str, str]) -> str:
    """The same word, or its plural or singular, among `words`; empty if there is none."""
    forms = (word, f"{word}s", word.removesuffix("s"))
    return next((form for form in forms if form in words), "")


def _origins(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each word with the first place that has it."""
    origins: dict[str, str] = {}
    for word, place in pairs:
        origins.setdefault(word, place)
    return origins


def _named(tools: Sequence[Tool]) -> Iterator[tuple[str, str]]:
    """The words of the names and of the closed values, each with its place."""
    for tool in tools:
        for word in sorted(words_of(tool.name)):
            yield word, f"in the name {tool.name}"
        for name, schema in tool.properties.items():
            for value in _values(schema):
                for word in sorted(words_of(value)):
                    yield word, f"in a value of {name} of {tool.name}"


def _described(tools: Sequence[Tool]) -> Iterator[tuple[str, str]]:
    for tool in tools:
        arguments = (text for name, schema in tool.properties.items() for text in (name, _description(schema)))
        for text in (tool.description, *arguments):
            for word in sorted(words_of(text)):
                yield word, f"in a description of {tool.name}"


def _values(schema: Any) -> list[str]:
    values = schema.get("enum") if isinstance(schema, Mapping) else None
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _description(schema: Any) -> str:
    text = schema.get("description") if isinstance(schema, Mapping) else None
    return text if isinstance(text, str) else ""
