"""The token budget: how much room prompt and answer take, with the tokenizer of the chosen base."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from backend.data.text import CheckOptions
from backend.prompts import PromptFormat, get_format
from backend.records import DECLARATIONS, Declarations, Example, Tool
from backend.tokens import TokenCounter, counter_for

MARGIN = 8
"""Tokens added to the longest row before it becomes the maximum length."""
_CACHE_STEP = 128
_LINES_KEPT = 200


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
    """What the rows take, in tokens of `tokenizer`.

    `prompt_tokens` is the longest prompt by choice of declarations; `prefix` the part of it that all rows share;
    `tool_shares` each tool's part of a prompt with full declarations, from 0 to 1; `smallest_cache` the smallest KV
    cache that holds every row, a multiple of 128. `over_length` and `over_cache` are the first 200 rows that do
    not fit; `lengths` are all rows', in order.
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
    """The token budget of the rows; None without rows. Raises InputError where the tokenizer cannot be had.

    Each row costs what its message and answer cost: the rest of the prompt is the same for all, and is measured once.
    """
    if not examples:
        return None
    chosen = get_format(options.prompt_format, options.declarations)
    counter = counter or counter_for(
        options.base_model, tools, _texts(examples, chosen), options.token, folders=options.folders
    )
    formats = {one: get_format(options.prompt_format, one) for one in DECLARATIONS}
    frames = {name: _frame(tools, counter, fmt) for name, fmt in formats.items()}
    rows = _row_tokens(examples, counter, chosen, frames[options.declarations])
    longest = max(rows, key=lambda row: row.total)
    longest_message = max(row.prompt for row in rows) - frames[options.declarations]
    return _budget(rows, longest, options, counter, {
        "prompt_tokens": {name: frame + longest_message for name, frame in frames.items()},
        "prefix": frames[options.declarations],
        "tool_shares": _tool_shares(tools, counter, formats["full"], frames["full"]),
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
        over_length=tuple(over_length[:_LINES_KEPT]),
        over_length_count=len(over_length),
        over_cache=tuple(over_cache[:_LINES_KEPT]),
        over_cache_count=len(over_cache),
        lengths=tuple(row.total for row in rows),
        **shared,
    )


def _texts(examples: Iterable[Example], fmt: PromptFormat) -> Iterable[str]:
    """What a run's tokenizer is trained on: each message and completion."""
    for example in examples:
        yield example.message
        yield fmt.completion(example.calls, example.answer)


def _frame(tools: Sequence[Tool], counter: TokenCounter, fmt: PromptFormat) -> int:
    """The tokens of a prompt apart from its message."""
    return len(counter.encode(fmt.prompt(tools, "?"))) - len(counter.encode("?"))


def _row_tokens(examples: Sequence[Example], counter: TokenCounter, fmt: PromptFormat, frame: int) -> list[RowTokens]:
    @cache
    def completion_tokens(text: str) -> int:
        return len(counter.encode(text))

    return [
        RowTokens(
            example.line,
            frame + len(counter.encode(example.message.strip())),
            completion_tokens(fmt.completion(example.calls, example.answer)),
        )
        for example in examples
    ]


def _tool_shares(tools: Sequence[Tool], counter: TokenCounter, full: PromptFormat, frame: int) -> dict[str, float]:
    """Each tool's share of the prompt: what the prompt loses when the tool is left out."""
    shares: dict[str, float] = {}
    for at, tool in enumerate(tools):
        without = _frame([*tools[:at], *tools[at + 1 :]], counter, full) if len(tools) > 1 else 0
        shares[tool.name] = round(max(0, frame - without) / max(1, frame), 4)
    return shares
