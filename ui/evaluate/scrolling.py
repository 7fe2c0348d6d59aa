"""Scrolls to a card of the Evaluate step after a click that selected its rows."""

from __future__ import annotations

YES, NO = "yes", ""
"""The value of a hidden field: whether the last click selected rows of the card that the field belongs to."""


def scroll_to(card: str) -> str:
    """Returns JavaScript that focuses the card with this id and scrolls to it, if its argument is not empty."""
    return f"""(reached) => {{
  if (!reached) return;
  const card = document.getElementById('{card}');
  card.tabIndex = -1;
  card.focus({{preventScroll: true}});
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  card.scrollIntoView({{behavior: still ? 'auto' : 'smooth', block: 'start'}});
}}"""
