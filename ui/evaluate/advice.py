"""Advice on the next step, each piece with the rows that support it."""

from __future__ import annotations

from markupsafe import Markup

from backend.scoring import Advice, Evaluation
from ui.evaluate.labels import ADVICE
from ui.html import button, card, text

FIRST = 5
"""Pieces of advice that are visible; the others are in a collapsed section."""


def advice_card(evaluation: Evaluation) -> Markup:
    """The advice, the most important first; empty if an older evaluation has none."""
    items = [_item(at, one) for at, one in enumerate(evaluation.advice)]
    if not items:
        return Markup("")
    shown = _listed(items[:FIRST])
    rest = items[FIRST:]
    if rest:
        shown += Markup('<details class="more"><summary>{} more</summary>{}</details>').format(len(rest), _listed(rest))
    return card("What to do next", shown)


def _listed(items: list[Markup]) -> Markup:
    return Markup('<ul class="advice">{}</ul>').format(Markup("").join(items))


def _item(at: int, advice: Advice) -> Markup:
    name = ADVICE.get(advice.kind, "")
    rows = len(advice.rows)
    title = f"Show the rows: {advice.text}"
    show = button("rows", f"Show {text.count(rows, 'row')}", kind="quiet small", title=title, advice=at) if rows else ""
    return Markup("<li><strong>{}</strong><p>{}</p><span>{}</span></li>").format(name, advice.text, show)
