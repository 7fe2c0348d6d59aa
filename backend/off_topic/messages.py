"""The product's own off-topic messages: the fixed set that measures, and the pool that teaches."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

Kind = Literal["request", "greeting", "thanks", "small talk", "fragment", "noise", "near miss"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""`request` is a question or a command of an everyday topic. `noise` has no words, or random ones."""
NEAR_MISS: Kind = "near miss"
LANGUAGES = ("en", "de", "es", "fr", "pt", "it", "hi", "ja")
"""ISO 639-1 codes; noise has no language."""
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Message:
    """One message that no tool should answer; `topic`, `language` and `register` are empty where there is none."""

    text: str
    kind: Kind
    topic: str = ""
    language: str = ""
    register: str = ""

    @property
    def id(self) -> str:
        """Returns the first 12 hexadecimal digits of the SHA-256 of the text; it does not depend on the order."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@lru_cache(maxsize=1)
def asked_messages() -> tuple[Message, ...]:
    """Returns the fixed set that every evaluation asks. No training uses it."""
    return _read("asked.csv")


@lru_cache(maxsize=1)
def taught_messages() -> tuple[Message, ...]:
    """Returns the pool of training rows without a call. No topic of it is a topic of the fixed set."""
    return _read("taught.csv")


@lru_cache(maxsize=1)
def topic_words() -> Mapping[str, frozenset[str]]:
    """Returns the words of each topic in all languages, in normal form."""
    with (FOLDER / "topics.csv").open(encoding="utf-8", newline="") as file:
        return {row["topic"]: frozenset(row["words"].split()) for row in csv.DictReader(file)}


def evenly_divided(messages: Sequence[Message], most: int) -> tuple[Message, ...]:
    """Returns at most `most` of the messages, always the same ones: of each kind, language and topic an equal share."""
    order = sorted(messages, key=lambda one: (KINDS.index(one.kind), one.language, one.topic, one.id))
    count = min(len(order), most)
    return tuple(order[index * len(order) // count] for index in range(count))


def _read(name: str) -> tuple[Message, ...]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return tuple(
            Message(row["message"], _kind(row["kind"]), row["topic"], row["language"], row["register"])
            for row in csv.DictReader(file)
        )


def _kind(word: str) -> Kind:
    return next(kind for kind in KINDS if kind == word)
