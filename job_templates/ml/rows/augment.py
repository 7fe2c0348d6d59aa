"""Augmentation: random variations of rows, with which a model that is trained on few rows generalises better."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from transformers import PreTrainedTokenizerBase

from backend.data.rows import argument_texts
from backend.data.text import Slip, mistyped
from backend.prompts import PromptFormat
from backend.records import Call, Example, Tool
from job_templates.ml.rows.encoding import TokenRow, encode
from job_templates.ml.rows.writing import drawn_writing

WORD = re.compile(r"\w+")
SLIPS: tuple[Slip, ...] = ("drop", "double", "swap")
"""The order matters: a seed gives the same rows only with the same order."""


@dataclass(frozen=True, slots=True)
class Strength:
    """The probability that a word is dropped, or mistyped, a message mixed with another, or an argument exchanged."""

    drop: float = 0.15
    typo: float = 0.1
    mix: float = 0.5
    swap: float = 0.5


class Augmenter:
    """Varies the user's text. Words that an argument repeats do not change, or are exchanged in both places."""

    def __init__(self, examples: Sequence[Example], strength: Strength) -> None:
        self._strength = strength
        self._spoken = spoken_values(examples)
        self._alike: dict[str, list[str]] = defaultdict(list)
        for example in examples:
            self._alike[_answer(example)].append(example.message)

    def vary(self, example: Example, rng: random.Random) -> Example:
        """Returns a variation of the row: other words for the same call, or the same call with another value."""
        if rng.random() < self._strength.mix:
            message = mixed(example.message, rng.choice(self._alike[_answer(example)]), rng)
            if self._spoken_words(example) <= _words(message):
                example = replace(example, message=message)
        if rng.random() < self._strength.swap:
            example = self._swapped(example, rng)
        fixed = {
            word.lower()
            for call in example.calls
            for text in argument_texts(call.arguments)
            for word in WORD.findall(text)
        }
        words = [self._word(word, fixed, rng) for word in example.message.split()]
        message = " ".join(word for word in words if word)
        return replace(example, message=message or example.message)

    def _spoken_words(self, example: Example) -> set[str]:
        """The words of the message that an argument copies: those of a free text or a number."""
        needed: set[str] = set()
        for call in example.calls:
            for key, value in call.arguments.items():
                if (call.name, key) in self._spoken or not isinstance(value, str):
                    needed.update(word for text in argument_texts(value) for word in _words(text))
        return needed & _words(example.message)

    def _word(self, word: str, fixed: set[str], rng: random.Random) -> str:
        if any(part.lower() in fixed for part in WORD.findall(word)):
            return word
        chance = rng.random()
        if chance < self._strength.drop:
            return ""
        if chance < self._strength.drop + self._strength.typo and len(word) > 3:
            return mistyped(word, rng.randrange(len(word) - 1), SLIPS[rng.randrange(3)])
        return word

    def _swapped(self, example: Example, rng: random.Random) -> Example:
        """The row with every copied text replaced by one from other rows, in the message and in the argument."""
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
        """A value from another row, or words of two such values, so that the model learns to copy unknown values."""
        value = rng.choice(others)
        if rng.random() < 0.5:
            return value
        left, right = value.split(), rng.choice(others).split()
        joined = left[: rng.randint(0, len(left))] + right[rng.randint(0, len(right) - 1) :]
        return " ".join(joined)


def spoken_values(examples: Sequence[Example]) -> dict[tuple[str, str], list[str]]:
    """Returns the values that messages contain, by tool and argument.

    At least half of an argument's values must be in their messages, and at least a quarter of these must be distinct.
    An argument with few values is left out, because exchanging them would change the meaning of the message.
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
    """Returns a mixture of the words of two messages with the same calls.

    This is the start of `one` with the end of `other`, or `one` with a few words of `other` inserted. It is `one` if
    the messages are equal or `other` has no words.
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
    """The row's calls and answer, as text."""
    return json.dumps([[call.to_dict() for call in example.calls], example.answer], sort_keys=True, default=str)


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


PLACE = "\u0001"


class StarterRows:
    """A RowSource that varies the user's text in each epoch. The same seed and epoch give the same text.

    With `writings`, a share of the draws is in another writing (drawn_writing). The text around the message is encoded
    once, because no token of the starter crosses the borders of the message.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        tools: Sequence[Tool],
        fmt: PromptFormat,
        tokenizer: PreTrainedTokenizerBase,
        seed: int,
        strength: Strength | None = None,
        *,
        writings: bool = False,
    ) -> None:
        self._examples = examples
        self._fmt = fmt
        self._tokenizer = tokenizer
        self._augmenter = Augmenter(examples, strength or Strength())
        self._seed = seed
        self._writings = writings
        before, after = fmt.prompt(tools, PLACE).split(PLACE)
        self._before, self._after = encode(tokenizer, [before, after])

    def __len__(self) -> int:
        return len(self._examples)

    def draw(self, index: int, epoch: int) -> TokenRow:
        """Returns the row at `index`, with a different variation in each epoch."""
        rng = random.Random(f"{self._seed}:{index}:{epoch + 1}")
        example = self._augmenter.vary(self._examples[index], rng)
        if self._writings:
            example = drawn_writing(example, rng)
        texts = [example.message.strip(), self._fmt.completion(example.calls, example.answer)]
        message, completion = encode(self._tokenizer, texts)
        return TokenRow((*self._before, *message, *self._after), completion)
