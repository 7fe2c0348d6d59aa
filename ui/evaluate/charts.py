"""The confusion matrix as a heat map: expected tool by called tool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from backend.scoring import NO_CALL, UNKNOWN_TOOL, UNPARSED
from ui.html import figure_json

Confusion = Mapping[str, Mapping[str, int]]
ROW_HEIGHT = 34
LETTER_WIDTH = 7.2
SLANT = -35
"""Rotation of the column names, in degrees."""
SHOWN_COUNTS = 16
"""The most columns for which a cell is wide enough for its number."""
SCALES = {
    "right": [[0, "var(--ft-accent-soft)"], [1, "var(--ft-accent)"]],
    "wrong": [[0, "var(--ft-warn-soft)"], [1, "var(--ft-warn)"]],
}


def confusion_columns(confusion: Confusion, tools: Sequence[str]) -> list[str]:
    """Every label that was expected or answered, tools first."""
    seen = {*confusion, *(name for line in confusion.values() for name in line)}
    return [name for name in (*tools, NO_CALL, UNPARSED, UNKNOWN_TOOL) if name in seen]


def confusions(confusion: Confusion, tools: Sequence[str]) -> str:
    """The heat map: a line for each expected tool, a column for each answer; a cell's colour is its share of the line.

    Right answers are blue, confusions amber; a cell without rows is empty.
    """
    golds, columns = list(confusion), confusion_columns(confusion, tools)
    layers = [(right, strong) for right in (True, False) for strong in (True, False)]
    figure = go.Figure([_cells(confusion, golds, columns, right=right, strong=strong) for right, strong in layers])
    foot = int(min(170, max(map(len, columns), default=0) * LETTER_WIDTH * 0.62 + 26))
    figure.update_layout(
        height=len(golds) * ROW_HEIGHT + foot + 8,
        margin={"l": 8, "r": 8, "t": 4, "b": foot},
        plot_bgcolor="var(--ft-sunken)",
    )
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True, "type": "category"}
    figure.update_yaxes(autorange="reversed", automargin="left", ticksuffix="  ", **plain)
    figure.update_xaxes(tickangle=SLANT, **plain)
    return figure_json(figure)


def most_confused(confusion: Confusion, most: int) -> list[tuple[str, str, int]]:
    """The largest cells off the diagonal, largest first, as (expected, answered, rows)."""
    cells = [
        (gold, predicted, count)
        for gold, line in confusion.items()
        for predicted, count in line.items()
        if gold != predicted and count
    ]
    return sorted(cells, key=lambda cell: -cell[2])[:most]


def _cells(
    confusion: Confusion, golds: Sequence[str], columns: Sequence[str], *, right: bool, strong: bool
) -> go.Heatmap:
    """One layer of the heat map: the diagonal or the other cells, strong (at least half of their line) or weak.

    Strong and weak cells use separate parts of the colour scale, so that each has a readable text colour.
    """
    totals = [sum(confusion[gold].values()) for gold in golds]
    counts = [
        [_count(confusion[gold].get(name, 0), total, (gold == name) is right, strong) for name in columns]
        for gold, total in zip(golds, totals, strict=True)
    ]
    return go.Heatmap(
        x=list(columns),
        y=list(golds),
        z=[[count and _shade(count / total) for count in line] for line, total in zip(counts, totals, strict=True)],
        customdata=[[[count, total] for count in line] for line, total in zip(counts, totals, strict=True)],
        text=[[f"{count:,}" if count else "" for count in line] for line in counts],
        texttemplate="%{text}" if len(columns) <= SHOWN_COUNTS else "",
        textfont={"size": 14, "color": "var(--ft-on-accent)" if strong else "var(--ft-ink)"},
        zmin=0,
        zmax=1,
        colorscale=SCALES["right" if right else "wrong"],
        showscale=False,
        hoverongaps=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{y} expected, %{x} answered: %{customdata[0]} of %{customdata[1]} rows<extra></extra>",
    )


def _count(count: int, total: int, wanted: bool, strong: bool) -> int | None:
    return count if count and wanted and (2 * count >= total) is strong else None


def _shade(share: float) -> float:
    return 0.5 + share / 2 if share >= 0.5 else 0.8 * share
