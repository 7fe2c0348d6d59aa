"""The lengths of the rows: the token budget, and a histogram in characters or tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data import CheckReport, TokenBudget
from backend.records import DECLARATIONS
from ui.html import Figure, Part, callout, card, figures, meter, text
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates

NAMES = {"full": "Full declarations", "names": "Names only", "none": "None"}


def token_budget(report: CheckReport) -> Markup:
    """The budget's figures, compared with the phone's KV cache."""
    budget = report.tokens
    if budget is None and report.tokens_error:
        return callout("warn", "The tokens were not counted", report.tokens_error)
    if budget is None:
        return Markup('<p class="note">Tokens are counted for rows without errors, and there are none.</p>')
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
    note = "The longest prompt, by how much of the tools it contains. With a shorter prompt, a phone answers sooner."
    return card("Tools in the prompt", Markup('<div class="stack">{}</div>').format(Markup("").join(rows)), note=note)


def _tools(budget: TokenBudget) -> Markup:
    shares = sorted(budget.tool_shares.items(), key=lambda pair: -pair[1])
    rows = [meter(share, name, text.percent(share)) for name, share in shares]
    note = "Each tool's part of the prompt with full declarations."
    return card("Share of each tool", Markup('<div class="stack">{}</div>').format(Markup("").join(rows)), note=note)


UNITS = [("Message, characters", "characters"), ("Prompt and answer, tokens", "tokens")]
BINS = 24
NICE = (1, 2, 5, 10)


class Lengths(Panel):
    """The choice of the unit, and the histogram."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]) as self.box:
            self.title = Part(Markup('<div class="card-head"><h2>Lengths</h2></div>'))
            self.unit = gr.Radio(
                UNITS, value="characters", label="Count", show_label=False, elem_classes=["ft-segments"],
                elem_id="length-unit",
            )  # fmt: skip
            self.bars = Part(elem_id="lengths")

    def render(self, page_state: PageState) -> Updates:
        """The lengths of the messages."""
        report, key = page_state.report, page_state.data_key
        if report is None:
            return {}
        return {
            self.box: gr.update(visible=bool(report.examples)),
            self.unit: KeyedUpdate(key, "characters"),
            self.bars: KeyedUpdate(key, lambda: histogram(report, "characters")),
        }

    def wire(self, page: Page) -> None:
        """Register the choice of the unit."""

        def draw(location: dict[str, Any], unit: str, request: gr.Request) -> str:
            report = page.page_state(location, request).report
            return histogram(report, unit) if report else ""

        self.unit.input(draw, [page.location, self.unit], self.bars, **QUICK)


def histogram(report: CheckReport, unit: str) -> Markup:
    """A histogram of the rows by length, in characters or tokens."""
    in_tokens = unit == "tokens" and report.tokens is not None
    lengths = report.tokens.lengths if in_tokens and report.tokens else [len(row.message) for row in report.examples]
    if not lengths:
        return Markup("")
    bins, width = _bins(lengths)
    most = max(count for _, count in bins)
    bars = Markup("").join(_bar(start, width, count, most, unit) for start, count in bins)
    ends = Markup("<span>{:,}</span><span>{:,} {}</span>").format(bins[0][0], bins[-1][0] + width, unit)
    ordered = sorted(lengths)
    says = f"Half of the rows have {ordered[len(ordered) // 2]:,} {unit} or less, the longest {ordered[-1]:,}."
    return Markup(
        '<p class="note">{}</p><div class="histogram" role="img" aria-label="{}">{}</div>'
        '<div class="histogram-ends">{}</div>'
    ).format(says, says, bars, ends)


def _bins(lengths: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
    """(start, rows) of each bin, including empty ones, and the bins' width: a round number that gives about 24 bins."""
    least, most = min(lengths), max(lengths)
    wanted = max(1.0, (most - least + 1) / BINS)
    power = 10 ** math.floor(math.log10(wanted))
    width = max(1, int(next(step * power for step in NICE if step * power >= wanted)))
    first = least // width
    counts = [0] * (most // width - first + 1)
    for length in lengths:
        counts[length // width - first] += 1
    return [((first + at) * width, count) for at, count in enumerate(counts)], width


def _bar(start: int, width: int, count: int, most: int, unit: str) -> Markup:
    span = f"{start:,}" if width == 1 else f"{start:,}–{start + width - 1:,}"
    title = f"{span} {unit}: {text.count(count, 'row')}"
    return Markup('<i style="height:{:.1f}%" title="{}"></i>').format(100 * count / most, title)
