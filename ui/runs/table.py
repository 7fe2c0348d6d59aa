"""The table of all runs, whose columns sort and whose first column picks the runs to compare."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ui.html import button, card, empty, table
from ui.page import PageState
from ui.runs.choice import LETTERS, can_be_picked, picked
from ui.runs.columns import COLUMNS, Row, rows_of, sorted_rows
from ui.services import Summary

NOTE = (
    "The time is that of the latest training, evaluation and export. The cost is about what the latest jobs on "
    "Hugging Face took: their time at the price of the machine."
)
FIRST = "Pick"
NO_RUNS = "Check your data and train a model. Each run then appears here with its results."
ARROWS = {"ascending": "↑", "descending": "↓", "none": ""}


def runs_table(page_state: PageState) -> Markup:
    """The card with the table, or what to do if there are no runs."""
    summaries = page_state.runs
    if not summaries:
        return empty("No runs yet", NO_RUNS, button("new", "New run", kind="primary"))
    order, chosen = page_state.location.order, [summary.id for summary in picked(page_state)]
    rows = sorted_rows(rows_of(summaries), order)
    heads = [Markup('<th scope="col">{}</th>').format(FIRST), *(_head(name, order) for name in COLUMNS)]
    headers = [FIRST, *(column.header for column in COLUMNS.values())]
    cells = [[_tick(row.summary, chosen), *(column.cell(row) for column in COLUMNS.values())] for row in rows]
    shown = table(headers, cells, kind="all-runs", caption="All runs", heads=heads)
    return card("All runs", shown, note=f"{_said(rows, order)} {NOTE}")


def _said(rows: Sequence[Row], order: str | None) -> str:
    """How the table is sorted, and what its ticks are for."""
    newest = "" if (order or "").removeprefix("-") in COLUMNS else "The newest run is first. "
    if sum(can_be_picked(row.summary) for row in rows) < 2:
        return f"{newest}Two evaluated runs can be compared with each other."
    return f"{newest}Pick two or more runs to compare them on the same held-out rows."


def _head(name: str, order: str | None) -> Markup:
    """A column's head, whose button sorts the table."""
    column, opposite = COLUMNS[name], order == f"-{name}"
    way = "none"
    if order == name or opposite:
        way = "descending" if column.falling != opposite else "ascending"
    return Markup(
        '<th scope="col" aria-sort="{}"><button type="button" class="sort" data-do="sort" data-by="{}">{}'
        '<span aria-hidden="true">{}</span></button></th>'
    ).format(way, name, column.header, ARROWS[way])


def _tick(summary: Summary, chosen: Sequence[str]) -> Markup:
    """The box that picks a run, with the letter of a picked one; empty if the run has no scored rows."""
    if not can_be_picked(summary):
        return Markup("")
    on = summary.id in chosen
    return Markup(
        '<button type="button" role="checkbox" class="tick" aria-checked="{}" aria-label="Compare {}" data-do="pick" '
        'data-run="{}">{}</button>'
    ).format("true" if on else "false", summary.name, summary.id, LETTERS[chosen.index(summary.id)] if on else "")
