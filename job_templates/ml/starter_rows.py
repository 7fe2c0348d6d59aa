"""The starter's training rows: varied, and cut into tokens in more than one way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
from transformers import PreTrainedTokenizerBase

from backend.prompts import PromptFormat
from backend.records import Example, Tool
from job_templates.ml.augment import Augmenter, Strength
from job_templates.ml.rows import TokenRow, encode

PLACE = "\u0001"
MERGE_DROPOUT = 0.1
"""BPE-dropout (arXiv:1910.13267): the chance to leave out a merge, so that words are seen in other pieces too."""


class StarterRows:
    """A RowSource that varies the user's text anew at each draw; the same seed gives the same sequence."""

    def __init__(
        self,
        examples: Sequence[Example],
        tools: Sequence[Tool],
        fmt: PromptFormat,
        tokenizer: PreTrainedTokenizerBase,
        tokenizer_model: Path,
        seed: int,
        strength: Strength | None = None,
        merge_dropout: float = MERGE_DROPOUT,
    ) -> None:
        self._examples = examples
        self._fmt = fmt
        self._tokenizer = tokenizer
        self._pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
        self._augmenter = Augmenter(examples, strength or Strength())
        self._merge_dropout = merge_dropout
        self._seed = seed
        self._drawn = [0] * len(examples)
        before, after = fmt.prompt(tools, PLACE).split(PLACE)
        self._before, self._after = encode(tokenizer, [before, after])
        sentencepiece.set_random_generator_seed(seed)

    def __len__(self) -> int:
        return len(self._examples)

    def draw(self, index: int) -> TokenRow:
        """The row at `index`, varied in a way of its own at each draw."""
        self._drawn[index] += 1
        rng = random.Random(f"{self._seed}:{index}:{self._drawn[index]}")
        example = self._augmenter.vary(self._examples[index], rng)
        message = self._pieces.encode(
            example.message.strip(), enable_sampling=True, alpha=self._merge_dropout, nbest_size=-1
        )
        completion = encode(self._tokenizer, [self._fmt.completion(example.calls, example.answer)])[0]
        return TokenRow((*self._before, *message, *self._after), completion)
