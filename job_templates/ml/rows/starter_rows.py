"""The starter's training rows: varied at each draw."""

from __future__ import annotations

import random
from collections.abc import Sequence

from transformers import PreTrainedTokenizerBase

from backend.prompts import PromptFormat
from backend.records import Example, Tool
from job_templates.ml.rows.augment import Augmenter, Strength
from job_templates.ml.rows.encoding import TokenRow, encode

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
