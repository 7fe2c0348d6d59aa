"""The token budget: how long the prompt, the rows and the answers are, and what cache of a phone they fit."""

from __future__ import annotations

from markupsafe import Markup

from backend.data import CheckReport, TokenBudget
from backend.records import DECLARATIONS
from ui.html import text
from ui.html.markup import Figure, callout, card, figures, meter

NAMES = {"full": "Full declarations", "names": "Names only", "none": "None"}


def token_budget(report: CheckReport) -> Markup:
    """The budget's figures, against the phone's cache."""
    budget = report.tokens
    if budget is None and report.tokens_error:
        return callout("warn", "The tokens were not counted", report.tokens_error)
    if budget is None:
        return Markup('<p class="note">There is no row without errors to count the tokens of.</p>')
    return Markup('<div class="stack">{}{}{}</div>').format(_lengths(budget), _prompts(budget), _tools(budget))


def _lengths(budget: TokenBudget) -> Markup:
    items = [
        Figure("Longest prompt", f"{budget.longest_prompt:,}", "tokens"),
        Figure("Longest answer", f"{budget.longest_completion:,}", "tokens"),
        Figure(
            "Longest row",
            f"{budget.longest_row:,}",
            f"line {budget.longest_line:,}; 95 % have {budget.p95_row:,} or less",
        ),
        Figure("Max length needed", f"{budget.max_seq_length_needed:,}", "what auto sets"),
    ]
    fits = budget.longest_row <= budget.kv_cache
    share = min(1.0, budget.longest_row / budget.kv_cache)
    says = f"The longest row takes {text.percent(share, 0)} of it" if fits else "The longest row does not fit"
    cache = meter(share, f"Phone's KV cache of {budget.kv_cache:,} tokens", says, "accent" if fits else "error")
    smallest = Markup('<p class="note">The smallest cache that fits: {:,} tokens.</p>').format(budget.smallest_cache)
    shown = NAMES[budget.declarations].lower()
    note = Markup("Counted with the tokenizer of the base, {}; tools in the prompt: {}.").format(
        budget.tokenizer, shown
    )
    return card(
        "Token budget",
        Markup('<div class="stack">{}</div>').format(Markup("").join([figures(items), cache, smallest])),
        note=note,
    )


def _prompts(budget: TokenBudget) -> Markup:
    longest = max(budget.prompt_tokens.values(), default=1) or 1
    rows = [
        meter(budget.prompt_tokens[one] / longest, NAMES[one], f"{budget.prompt_tokens[one]:,} tokens", "accent")
        for one in DECLARATIONS
        if one in budget.prompt_tokens
    ]
    note = "The longest prompt by how much of the tools stands in it. A shorter prompt answers sooner on a phone."
    return card("Tools in the prompt", Markup('<div class="stack">{}</div>').format(Markup("").join(rows)), note=note)


def _tools(budget: TokenBudget) -> Markup:
    shares = sorted(budget.tool_shares.items(), key=lambda pair: -pair[1])
    rows = [meter(share, name, text.percent(share)) for name, share in shares]
    note = "Each tool's part of the prompt with full declarations."
    return card("Share of each tool", Markup('<div class="stack">{}</div>').format(Markup("").join(rows)), note=note)
