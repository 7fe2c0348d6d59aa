"""The token budget: the lengths of prompts and answers in tokens of the chosen base model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from backend.data.text import CheckOptions
from backend.prompts import PromptFormat, get_format
from backend.records import DECLARATIONS, Declarations, Example, Tool
from backend.tokens import TokenCounter, counter_for

MARGIN = 8
"""Tokens added to the longest row before it becomes the maximum length."""
_CACHE_STEP = 128


@dataclass(frozen=True)
class RowTokens:
    """One row's tokens: prompt with declarations, and completion."""

    line: int
    prompt: int
    completion: int

    @property
    def total(self) -> int:
        """Prompt and completion together."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class TokenBudget:
    """The lengths of the rows, in tokens of `tokenizer`.

    `prompt_tokens` is the longest prompt for each choice of declarations, `prefix` the part of it that all rows share.
    `tool_shares` is each tool's part of a prompt with full declarations, from 0 to 1. `smallest_cache` is the smallest
    KV cache that holds every row, a multiple of 128. `over_length` and `over_cache` are the rows that do not fit.
    `lengths` has every row's length, in order.
    """

    tokenizer: str
    declarations: Declarations
    prompt_tokens: Mapping[Declarations, int]
    prefix: int
    longest_prompt: int
    longest_completion: int
    longest_row: int
    longest_line: int
    p95_row: int
    tool_shares: Mapping[str, float]
    max_seq_length_needed: int
    kv_cache: int
    smallest_cache: int
    over_length: tuple[RowTokens, ...] = ()
    over_length_count: int = 0
    over_cache: tuple[RowTokens, ...] = ()
    over_cache_count: int = 0
    lengths: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Returns the budget as one JSON object."""
        document = asdict(self)
        for key in ("over_length", "over_cache", "lengths"):
            del document[key]
        return document


def measure_budget(
    tools: Sequence[Tool], examples: Sequence[Example], options: CheckOptions, counter: TokenCounter | None = None
) -> TokenBudget | None:
    """Returns the token budget of the rows, or None without rows. Raises InputError if the tokenizer cannot be read.

    Only the message and the answer of each row are encoded. The rest of the prompt is the same for all rows, so it is
    encoded once.
    """
    if not examples:
        return None
    chosen = get_format(options.prompt_format, options.declarations)
    completions = _completions(examples, chosen)
    texts = chain.from_iterable(zip((example.message for example in examples), completions, strict=True))
    counter = counter or counter_for(options.base_model, tools, texts, options.token, folders=options.folders)
    formats = {one: get_format(options.prompt_format, one) for one in DECLARATIONS}
    fixed = {name: _fixed_tokens(tools, counter, fmt) for name, fmt in formats.items()}
    rows = _row_tokens(examples, completions, counter, fixed[options.declarations])
    longest = max(rows, key=lambda row: row.total)
    longest_message = max(row.prompt for row in rows) - fixed[options.declarations]
    return _budget(rows, longest, options, counter, {
        "prompt_tokens": {name: tokens + longest_message for name, tokens in fixed.items()},
        "prefix": fixed[options.declarations],
        "tool_shares": _tool_shares(tools, counter, formats["full"], fixed["full"]),
    })  # fmt: skip


def _budget(
    rows: list[RowTokens], longest: RowTokens, options: CheckOptions, counter: TokenCounter, shared: dict[str, Any]
) -> TokenBudget:
    totals = sorted(row.total for row in rows)
    over_length = [row for row in rows if options.max_seq_length and row.total > options.max_seq_length]
    over_cache = [row for row in rows if row.total > options.kv_cache_max_len]
    return TokenBudget(
        tokenizer=counter.name,
        declarations=options.declarations,
        longest_prompt=max(row.prompt for row in rows),
        longest_completion=max(row.completion for row in rows),
        longest_row=longest.total,
        longest_line=longest.line,
        p95_row=totals[math.ceil(0.95 * len(totals)) - 1],
        max_seq_length_needed=longest.total + MARGIN,
        kv_cache=options.kv_cache_max_len,
        smallest_cache=math.ceil((longest.total + MARGIN) / _CACHE_STEP) * _CACHE_STEP,
        over_length=tuple(over_length),
        over_length_count=len(over_length),
        over_cache=tuple(over_cache),
        over_cache_count=len(over_cache),
        lengths=tuple(row.total for row in rows),
        **shared,
    )


def _completions(examples: Iterable[Example], fmt: PromptFormat) -> list[str]:
    """Returns each row's completion; rows that share their calls, as equal cells do, share the text."""
    texts: dict[tuple[int, str], str] = {}
    found: list[str] = []
    for example in examples:
        key = (id(example.calls), example.answer)
        if key not in texts:
            texts[key] = fmt.completion(example.calls, example.answer)
        found.append(texts[key])
    return found


def _fixed_tokens(tools: Sequence[Tool], counter: TokenCounter, fmt: PromptFormat) -> int:
    """Returns the number of tokens of a prompt without its message."""
    return len(counter.encode(fmt.prompt(tools, "?"))) - len(counter.encode("?"))


def _row_tokens(
    examples: Sequence[Example], completions: Sequence[str], counter: TokenCounter, fixed: int
) -> list[RowTokens]:
    distinct = list(dict.fromkeys(completions))
    lengths = dict(zip(distinct, counter.lengths(distinct), strict=True))
    messages = counter.lengths([example.message.strip() for example in examples])
    return [
        RowTokens(example.line, fixed + tokens, lengths[completion])
        for example, tokens, completion in zip(examples, messages, completions, strict=True)
    ]


def _tool_shares(tools: Sequence[Tool], counter: TokenCounter, full: PromptFormat, fixed: int) -> dict[str, float]:
    """Returns each tool's share of the prompt: the tokens that a prompt without the tool saves."""
    shares: dict[str, float] = {}
    for at, tool in enumerate(tools):
        without = _fixed_tokens([*tools[:at], *tools[at + 1 :]], counter, full) if len(tools) > 1 else 0
        shares[tool.name] = round(max(0, fixed - without) / max(1, fixed), 4)
    return shares
