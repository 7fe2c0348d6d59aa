"""Compares this model with another one on the same rows, and lists the rows that only one of them answers right."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.scoring import SIGNIFICANT, ComparedRows, compare_rows, p_text
from ui.evaluate.others import FILE, Other, others
from ui.html import Part, button, table, text
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates

LEAD = "Both models on the same rows: what one answers right and the other does not."
HEADERS = ("Model", "Tool selection", "Combined accuracy", "Right where the other is wrong")


class ComparisonCard(Panel):
    """A list of the models to compare with, and the comparison with the selected one."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], elem_id="beside", visible=False) as self.box:
            self.title = Part(
                Markup('<div class="card-head"><h2>Comparison</h2></div><p class="note">{}</p>').format(LEAD)
            )
            self.choice = gr.Dropdown([("nothing", "")], value="", label="Compare with", filterable=False)
            self.table = Part(elem_id="beside-table")

    def render(self, page_state: PageState) -> Updates:
        """Show the list, and the comparison with its first entry until a visitor selects another."""
        found = others(page_state)
        key = f"{page_state.location.run} {[(other.key, other.label) for other in found.values()]}"
        first = next(iter(found), "")
        choices = [(other.label, other.key) for other in found.values()] or [("nothing", "")]
        return {
            self.box: gr.update(visible=bool(found)),
            self.choice: KeyedUpdate(key, gr.update(choices=choices, value=first)),
            self.table: KeyedUpdate(key, lambda: _compared(page_state, found.get(first))),
        }

    def wire(self, page: Page) -> None:
        """Register the list."""

        def choose(location: dict[str, Any], key: str, request: gr.Request) -> Markup:
            page_state = page.page_state(location, request)
            return _compared(page_state, others(page_state).get(key))

        self.choice.input(choose, [page.location, self.choice], self.table, **QUICK)


def _compared(page_state: PageState, other: Other | None) -> Markup:
    """A table of the two models, and a sentence about their difference."""
    pair = (
        compare_rows(page_state.evaluation.tuned.rows, other.report.rows) if page_state.evaluation and other else None
    )
    if other is None or pair is None:
        return Markup("")
    rows = [
        ["This model", *_rates(pair, own=True), _only(other, "gained", len(pair.gained))],
        [other.name, *_rates(pair, own=False), _only(other, "lost", len(pair.lost))],
    ]
    shown = table(HEADERS, rows, kind="two-models", caption=f"This model compared with {other.label}")
    return Markup('{}<div class="notes said"><p>{}</p></div>').format(shown, _sentence(page_state, other, pair))


def _rates(pair: ComparedRows, *, own: bool) -> list[Markup]:
    rates = pair.own if own else pair.other
    shown = []
    for rate in (rates["tool"], rates["combined"]):
        low, high = rate.low or 0.0, rate.high or 0.0
        note = f"{text.interval(low, high)} · {rate.k:,} of {rate.n:,}"
        shown.append(Markup('<span>{} <span class="note">{}</span></span>').format(text.percent(rate.value), note))
    return shown


def _only(other: Other, side: str, count: int) -> Markup:
    if not count:
        return Markup('<span class="note">no row</span>')
    who = "this model" if side == "gained" else other.label
    title = f"Show the rows that only {who} has right"
    return button(
        "rows", f"Show {text.count(count, 'row')}", kind="quiet small", title=title, beside=other.key, side=side
    )


def _sentence(page_state: PageState, other: Other, pair: ComparedRows) -> str:
    """The result of the paired comparison, as a sentence."""
    measured = f"{len(pair.gained):,} gained, {len(pair.lost):,} lost (McNemar, {p_text(pair.p)})"
    total = len(page_state.evaluation.tuned.rows) if page_state.evaluation else pair.n
    rows = f"On the {pair.n:,} rows that both held out" if pair.n < total else f"On all {pair.n:,} rows"
    if not pair.gained and not pair.lost:
        said = "both models answer the same rows right"
    elif pair.p >= SIGNIFICANT:
        said = f"no significant difference: {measured}"
    else:
        said = f"{'this model' if len(pair.gained) > len(pair.lost) else other.label} is better: {measured}"
    return f"{rows}, {said}.{_same(page_state) if other.key == FILE else ''}"


def _same(page_state: PageState) -> str:
    """How many of the file's answers equal the checkpoint's."""
    found = page_state.verification.checkpoint_agreement if page_state.verification else None
    return f" {found.same:,} of {found.rows:,} answers are the same calls." if found and found.rows else ""
