"""Rules on tokens: rows that the maximum length cuts, and rows that do not fit the phone's memory."""

from __future__ import annotations

from collections.abc import Iterator

from backend.data.rows import Finding, RowTokens, SetView, TokenBudget, rule
from backend.data.text import count

_EACH = 20


@rule(
    "tokens-cut-answer",
    "tokens",
    "error",
    "The maximum length cuts answers",
    "Training removes the end of a row that is over the maximum length, and the answer is at the end. Then the loss "
    "looks perfect but the model learns nothing.",
)
def cut_answer(view: SetView, budget: TokenBudget) -> Iterator[Finding]:
    limit = view.inputs.options.max_seq_length
    for row in budget.over_length[:_EACH] if limit else ():
        yield Finding(
            f"Prompt and answer take {_sum(row)} tokens; the maximum length of {limit} would cut the answer. "
            f"Set it to {budget.max_seq_length_needed} or more, or to auto.",
            row.line,
        )
    left = budget.over_length_count - _EACH
    if left > 0:
        yield Finding(
            f"{count(left, 'more row')} would be cut at {limit} tokens. Set the maximum length to "
            f"{budget.max_seq_length_needed} or more, or to auto."
        )


@rule(
    "tokens-over-cache",
    "tokens",
    "error",
    "A row does not fit the phone's KV cache",
    "The export fixes the size of the cache, and the runtime rejects a prompt that does not fit.",
)
def over_cache(_view: SetView, budget: TokenBudget) -> Iterator[Finding]:
    remedy = f"Export with a cache of {budget.smallest_cache}, shorten the descriptions, or remove the declarations."
    for row in budget.over_cache[:_EACH]:
        yield Finding(
            f"Prompt and answer take {_sum(row)} tokens; the KV cache holds {budget.kv_cache}. {remedy}", row.line
        )
    left = budget.over_cache_count - _EACH
    if left > 0:
        yield Finding(f"{count(left, 'more row')} do not fit the KV cache of {budget.kv_cache}. {remedy}")


@rule(
    "tokens-prompt-over-half-cache",
    "tokens",
    "warning",
    "The prompt takes over half of the KV cache",
    "The tokens of the tools are not available for the conversation. Shorten the descriptions, or train with names "
    "only or with no declarations.",
)
def over_half_cache(_view: SetView, budget: TokenBudget) -> Iterator[Finding]:
    if budget.longest_prompt * 2 > budget.kv_cache and not budget.over_cache:
        biggest = max(budget.tool_shares, key=lambda name: budget.tool_shares[name]) if budget.tool_shares else None
        hint = f" The tool {biggest} alone takes {budget.tool_shares[biggest]:.0%} of a full prompt." if biggest else ""
        yield Finding(
            f"The longest prompt has {budget.longest_prompt} of the {budget.kv_cache} tokens that the KV cache "
            f"holds.{hint}"
        )


@rule(
    "tokens-budget",
    "tokens",
    "info",
    "The token budget",
    "The check counts with the tokenizer of the chosen base model, its prompt format and its declarations.",
)
def shown_budget(_view: SetView, budget: TokenBudget) -> Iterator[Finding]:
    yield Finding(
        f"Longest row {budget.longest_row} tokens (line {budget.longest_line}), 95 % of the rows within "
        f"{budget.p95_row}; prompt up to {budget.longest_prompt}, answer up to {budget.longest_completion}. A maximum "
        f"length of {budget.max_seq_length_needed} and a KV cache of {budget.smallest_cache} hold them."
    )


def _sum(row: RowTokens) -> str:
    return f"{row.prompt} + {row.completion} = {row.total}"
