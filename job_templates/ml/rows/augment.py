"""Rows that come out a little different each time: what a model made from few rows needs to generalise."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from transformers import PreTrainedTokenizerBase

from backend.data.text import Slip, mistyped
from backend.prompts import PromptFormat
from backend.records import Call, Example, Tool
from job_templates.ml.rows.encoding import TokenRow, encode

WORD = re.compile(r"\w+")
SLIPS: tuple[Slip, ...] = ("drop", "double", "swap")
"""In the order of the generator's draws, so that a seed gives the same rows as ever."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How often a word is dropped or mistyped, and a row's words mixed, or its argument exchanged, with another's."""

    drop: float = 0.15
    typo: float = 0.1
    mix: float = 0.5
    swap: float = 0.5


class Augmenter:
    """Varies the user's text; words that an argument repeats stay, or are exchanged in both places."""

    def __init__(self, examples: Sequence[Example], strength: Strength) -> None:
        self._strength = strength
        self._spoken = spoken_values(examples)
        self._alike: dict[str, list[str]] = defaultdict(list)
        for example in examples:
            self._alike[_answer(example)].append(example.message)

    def vary(self, example: Example, rng: random.Random) -> Example:
        """Another way to say the same row, or the same with another value."""
        if rng.random() < self._strength.mix:
            message = mixed(example.message, rng.choice(self._alike[_answer(example)]), rng)
            if self._spoken_words(example) <= _words(message):
                example = replace(example, message=message)
        if rng.random() < self._strength.swap:
            example = self._swapped(example, rng)
        kept = {
            word.lower() for call in example.calls for text in _texts(call.arguments) for word in WORD.findall(text)
        }
        words = [self._word(word, kept, rng) for word in example.message.split()]
        message = " ".join(word for word in words if word)
        return replace(example, message=message or example.message)

    def _spoken_words(self, example: Example) -> set[str]:
        """The words of the message that an argument has to copy: an open text's, or a number's."""
        needed: set[str] = set()
        for call in example.calls:
            for key, value in call.arguments.items():
                if (call.name, key) in self._spoken or not isinstance(value, str):
                    needed.update(word for text in _texts(value) for word in _words(text))
        return needed & _words(example.message)

    def _word(self, word: str, kept: set[str], rng: random.Random) -> str:
        if any(part.lower() in kept for part in WORD.findall(word)):
            return word
        chance = rng.random()
        if chance < self._strength.drop:
            return ""
        if chance < self._strength.drop + self._strength.typo and len(word) > 3:
            return mistyped(word, rng.randrange(len(word) - 1), SLIPS[rng.randrange(3)])
        return word

    def _swapped(self, example: Example, rng: random.Random) -> Example:
        """The row with each spoken argument's text exchanged for one that other rows speak."""
        message, calls = example.message, []
        for call in example.calls:
            arguments = dict(call.arguments)
            for key, value in call.arguments.items():
                others = self._spoken.get((call.name, key))
                if others and isinstance(value, str) and value and message.count(value) == 1:
                    arguments[key] = self._other_value(others, rng)
                    message = message.replace(value, arguments[key])
            calls.append(Call(call.name, arguments))
        return replace(example, message=message, calls=tuple(calls))

    def _other_value(self, others: Sequence[str], rng: random.Random) -> str:
        """A value that another row speaks, or the words of two of them joined: one never seen has to be copied."""
        value = rng.choice(others)
        if rng.random() < 0.5:
            return value
        left, right = value.split(), rng.choice(others).split()
        joined = left[: rng.randint(0, len(left))] + right[rng.randint(0, len(right) - 1) :]
        return " ".join(joined)


def spoken_values(examples: Sequence[Example]) -> dict[tuple[str, str], list[str]]:
    """The values, by tool and argument, of the arguments that mostly repeat the message's words and seldom each other.

    An argument of a few fixed values is left out: exchanging those would change what the message means.
    """
    seen: Counter[tuple[str, str]] = Counter()
    spoken: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        for call in example.calls:
            for key, value in call.arguments.items():
                seen[call.name, key] += 1
                if isinstance(value, str) and value.strip() and value in example.message:
                    spoken[call.name, key].append(value)
    return {
        key: values
        for key, values in spoken.items()
        if 2 * len(values) >= seen[key] and 4 * len(set(values)) >= len(values) > 1
    }


def mixed(one: str, other: str, rng: random.Random) -> str:
    """The words of two messages that ask the same: the beginning of one and the end of the other, or one in the other.

    `one` itself where they are the same.
    """
    left, right = one.split(), other.split()
    if not right or one == other:
        return one
    at, start = rng.randint(0, len(left)), rng.randrange(len(right))
    if rng.random() < 0.5:
        words = left[:at] + right[start:]
    else:
        words = left[:at] + right[start : start + rng.randint(1, 4)] + left[at:]
    return " ".join(words)


def _answer(example: Example) -> str:
    """What the row asks for, as text."""
    return json.dumps([[call.to_dict() for call in example.calls], example.answer], sort_keys=True, default=str)


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


def _texts(value: Any) -> list[str]:
    """Every text and number inside an argument, as text."""
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


PLACE = "\u0001"


class StarterRows:
    """A RowSource that varies the user's text anew at each turn; the same seed and turn give the same text.

    The text around the message is encoded once: in the starter's tokenizer no piece reaches across a turn's edges.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        tools: Sequence[Tool],
        fmt: PromptFormat,
        tokenizer: PreTrainedTokenizerBase,
        seed: int,
        strength: Strength | None = None,
    ) -> None:
        self._examples = examples
        self._fmt = fmt
        self._tokenizer = tokenizer
        self._augmenter = Augmenter(examples, strength or Strength())
        self._seed = seed
        before, after = fmt.prompt(tools, PLACE).split(PLACE)
        self._before, self._after = encode(tokenizer, [before, after])

    def __len__(self) -> int:
        return len(self._examples)

    def draw(self, index: int, turn: int) -> TokenRow:
        """The row at `index`, varied in a way of its own at each turn."""
        rng = random.Random(f"{self._seed}:{index}:{turn + 1}")
        example = self._augmenter.vary(self._examples[index], rng)
        texts = [example.message.strip(), self._fmt.completion(example.calls, example.answer)]
        message, completion = encode(self._tokenizer, texts)
        return TokenRow((*self._before, *message, *self._after), completion)
