"""What to do next, each piece with the rows that show why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.evaluate.labels import ADVICE
from ui.html import text
from ui.html.markup import Html, button, card, esc

FIRST = 5
"""Pieces of advice shown at once; the rest is folded."""


def advice_card(evaluation: Mapping[str, Any]) -> Html:
    """The advice, the most telling first; nothing where an older evaluation has none."""
    items = [_item(at, one) for at, one in enumerate(evaluation.get("advice") or [])]
    if not items:
        return Html("")
    shown = _listed(items[:FIRST])
    rest = items[FIRST:]
    if rest:
        shown += f'<details class="more"><summary>{len(rest)} more</summary>{_listed(rest)}</details>'
    return card("What to do next", Html(shown))


def _listed(items: list[str]) -> str:
    return f'<ul class="advice">{"".join(items)}</ul>'


def _item(at: int, advice: Mapping[str, Any]) -> str:
    name = ADVICE.get(advice["kind"], "")
    rows = len(advice.get("rows") or [])
    title = f"Show the rows: {advice['text']}"
    show = button("rows", f"Show {text.count(rows, 'row')}", kind="quiet small", title=title, advice=at) if rows else ""
    return f"<li><strong>{esc(name)}</strong><p>{esc(advice['text'])}</p><span>{esc(show)}</span></li>"
