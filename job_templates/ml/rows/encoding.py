"""Rows as token ids: prompt, completion, the prefix that all prompts share, and the sequence length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transformers import PreTrainedTokenizerBase

from backend.errors import InputError
from backend.prompts import PromptFormat
from backend.records import Example, Tool


@dataclass(frozen=True, slots=True)
class TokenRow:
    """The token ids of one row. The loss is computed on `completion` only."""

    prompt: tuple[int, ...]
    completion: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.completion)


def encode_rows(
    examples: Sequence[Example], tools: Sequence[Tool], fmt: PromptFormat, tokenizer: PreTrainedTokenizerBase
) -> list[TokenRow]:
    """Returns the token ids of every row's prompt and completion, each encoded separately."""
    prompts = encode(tokenizer, [fmt.prompt(tools, example.message) for example in examples])
    completions = encode(tokenizer, [fmt.completion(example.calls, example.answer) for example in examples])
    return [TokenRow(prompt, completion) for prompt, completion in zip(prompts, completions, strict=True)]


def encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]) -> list[tuple[int, ...]]:
    """Returns the token ids of each text, without special tokens."""
    if not texts:
        return []
    return [tuple(ids) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]


def shared_prefix(rows: Sequence[TokenRow]) -> int:
    """Returns the number of first tokens that all prompts share, without the last token of the shortest prompt.

    A row needs its own last prompt token, because it predicts the answer.
    """
    if not rows:
        return 0
    first, last = min(row.prompt for row in rows), max(row.prompt for row in rows)
    common = 0
    while common < min(len(first), len(last)) and first[common] == last[common]:
        common += 1
    return min(common, min(len(row.prompt) for row in rows) - 1)


def resolve_length(requested: int | Literal["auto"], rows: Sequence[TokenRow]) -> int:
    """Returns the sequence length in tokens: as requested, or for "auto" that of the longest row.

    Raises InputError if it would cut an answer.
    """
    needed = max(len(row) for row in rows)
    if requested == "auto":
        return needed
    if requested < needed:
        cut = sum(len(row) > requested for row in rows)
        raise InputError(
            f"--max-seq-length {requested} would cut the answer of {cut} of {len(rows)} rows: the longest row needs "
            f"{needed} tokens (prompt and answer). Use --max-seq-length auto, or {needed} or more."
        )
    return requested


def check_cache(longest: int, cache_length: int | None) -> None:
    """Raises InputError if the longest row does not fit the cache of the later export."""
    if cache_length is not None and longest > cache_length:
        raise InputError(
            f"The longest row has {longest} tokens, more than the {cache_length} of --kv-cache-max-len. "
            f"Give {longest} or more, or --declarations names or none for a shorter prompt."
        )
