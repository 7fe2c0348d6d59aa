"""The held-out rows that only one of two runs answers right, with both answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from backend.comparing import Candidate
from backend.scoring import RowResult, compare_rows
from ui.html import Slice, answered, button, card, marked, table
from ui.runs.choice import LETTERS, Only

PAGE_SIZE = 8


def differing_rows(candidates: Sequence[Candidate], only: Only | None) -> Markup:
    """The card with one page of these rows; empty if none are listed."""
    known = {one.id: (letter, one) for letter, one in zip(LETTERS, candidates, strict=False)}
    if only is None or not {only.right, only.wrong} <= known.keys():
        return Markup("")
    (letter, right), (other, wrong) = known[only.right], known[only.wrong]
    pair = compare_rows(right.rows, wrong.rows)
    common = set.intersection(*({row.id for row in one.rows} for one in candidates))
    ids = [name for name in (pair.gained if pair else ()) if name in common]
    mine, theirs = ({row.id: row for row in one.rows} for one in (right, wrong))
    part = Slice.of(ids, only.page, PAGE_SIZE)
    rows = [_cells(mine, theirs, name) for name in part.items]
    headers = ("Message", "Expected", f"{letter} answered", f"{other} answered")
    title = f"Rows that only {letter} answers right"
    shown = table(headers, rows, kind="rows-differ", caption=title) if rows else Markup('<p class="note">No row.</p>')
    inside = Markup('<div data-only="{} {}">{}{}</div>').format(
        only.right, only.wrong, shown, part.pager(right=only.right, wrong=only.wrong)
    )
    note = f"{letter} is {right.name}, {other} is {wrong.name}. Differences from the expected calls are marked."
    return card(title, inside, note=note, aside=button("hide", "Close", kind="quiet small"))


def _cells(mine: Mapping[str, RowResult], theirs: Mapping[str, RowResult], name: str) -> list[object]:
    own, twin = mine[name], theirs[name]
    return [own.message, marked(own.expected, own.expected)[0], answered(own), answered(twin)]
