"""The charts, drawn by plotly in the page's own colours; updated in place, so that a live chart does not flicker."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import plotly
import plotly.graph_objects as go
from markupsafe import Markup

from backend.runs import Event
from backend.scoring import ToolScore

SCRIPT = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
SCRIPT_ROUTE = "plotly.min.js"
ROW_HEIGHT = 34
MAX_POINTS = 600
WIDE_RANGE = 8
LOG_TICKS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
SHARES = {0: "0 %", 0.25: "", 0.5: "50 %", 0.75: "", 1: "100 %"}
_DRAW = (Path(__file__).parents[1] / "static" / "chart.js").read_text(encoding="utf-8")


def Chart(label: str, **options: Any) -> gr.HTML:  # noqa: N802 - named like a component
    """A plotly figure; colours are CSS variables such as `var(--ft-accent)`; a click on a bar triggers `act`."""
    return gr.HTML(
        "",
        html_template=Markup('<div class="chart" role="img" aria-label="{}"></div>').format(label),
        js_on_load=_DRAW,
        apply_default_css=False,
        elem_classes=["ft-part"],
        **options,
    )


def tool_counts(per_tool: Mapping[str, int]) -> str:
    """The number of rows per tool, as bars."""
    names, counts = list(per_tool), list(per_tool.values())
    figure = go.Figure(
        go.Bar(
            x=counts, y=names, orientation="h", marker_color="var(--ft-accent)", textposition="outside",
            text=[f" {count:,}" for count in counts], cliponaxis=False, hovertemplate="%{y}: %{x} rows<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(**_bars_layout(len(names)))
    figure.update_xaxes(visible=False, range=[0, max(counts, default=1) * 1.12 or 1])
    return figure_json(figure)


def losses(steps: Sequence[Event], held_out: Sequence[Event]) -> str:
    """The loss of the training rows by step, and of the held-out rows at the steps that measured it."""
    shown = _thinned([event for event in steps if event.loss is not None])
    measured = [event for event in held_out if event.loss is not None]
    figure = go.Figure(
        [
            _line("training rows", shown, "var(--ft-accent)", markers=False),
            _line("held-out rows", measured, "var(--ft-warn)", markers=True),
        ]
    )
    figure.update_layout(
        height=300,
        margin={"l": 44, "r": 12, "t": 8, "b": 40},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="x unified",
    )
    total = max((event.steps or 0 for event in shown), default=1)
    figure.update_xaxes(title={"text": "step", "font": {"size": 13}}, range=[0, total], **axis())
    figure.update_yaxes(
        **_loss_scale([event.loss for event in [*shown, *measured] if event.loss is not None]), **axis()
    )
    return figure_json(figure)


def per_tool(tuned: Mapping[str, ToolScore], base: Mapping[str, ToolScore] | None, base_name: str = "base") -> str:
    """The share of each tool's held-out rows that are right, with 95 % intervals; tools without rows are omitted.

    `base_name` is the label of the base's bars.
    """
    names = [name for name, score in tuned.items() if score.support]
    figure = go.Figure()
    figure.add_trace(_rates("tuned", names, tuned, "var(--ft-accent)"))
    if base:
        figure.add_trace(_rates(base_name, names, base, "var(--ft-second)"))
    rows = len(names) * (1.45 if base else 1)
    figure.update_layout(**_bars_layout(rows))
    figure.update_layout(barmode="group", bargap=0.28, bargroupgap=0.08, showlegend=bool(base), hovermode="y")
    figure.update_layout(
        margin={"l": 8, "r": 16, "t": 34 if base else 8, "b": 30},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
    )
    labels = [f"{name} ({tuned[name].support})  " for name in names]
    figure.update_yaxes(tickvals=names, ticktext=labels)
    figure.update_xaxes(range=[0, 1.03], tickvals=list(SHARES), ticktext=list(SHARES.values()), tickangle=0, **axis())
    return figure_json(figure)


def _rates(label: str, names: Sequence[str], scores: Mapping[str, ToolScore], colour: str) -> go.Bar:
    rates = {name: scores[name].combined for name in names if name in scores and scores[name].combined.n}
    return go.Bar(
        name=label,
        orientation="h",
        y=list(rates),
        x=[rate.value for rate in rates.values()],
        marker_color=colour,
        error_x={
            "type": "data", "symmetric": False, "color": "var(--ft-ink-3)", "thickness": 1.4, "width": 4,
            "array": [(rate.high or 0.0) - (rate.value or 0.0) for rate in rates.values()],
            "arrayminus": [(rate.value or 0.0) - (rate.low or 0.0) for rate in rates.values()],
        },
        customdata=[[rate.k, rate.n, rate.low, rate.high] for rate in rates.values()],
        hovertemplate=(
            "%{y}, " + label + ": %{customdata[0]} of %{customdata[1]} right, 95 %% interval "
            "%{customdata[2]:.0%}–%{customdata[3]:.0%}<extra></extra>"
        ).replace("%%", "%"),
    )  # fmt: skip


def _line(name: str, events: Sequence[Event], colour: str, *, markers: bool) -> go.Scatter:
    return go.Scatter(
        name=name,
        x=[event.step for event in events],
        y=[event.loss for event in events],
        mode="lines+markers" if markers else "lines",
        line={"color": colour, "width": 2},
        marker={"color": colour, "size": 6},
        hovertemplate="%{y:.4f}",
    )


def _loss_scale(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis if a linear one would flatten the later, smaller losses."""
    if values and min(values) > 0 and max(values) / min(values) > WIDE_RANGE:
        return {"type": "log", "tickvals": LOG_TICKS, "ticktext": [f"{tick:g}" for tick in LOG_TICKS]}
    return {"rangemode": "tozero"}


def _thinned(events: Sequence[Event]) -> Sequence[Event]:
    """Every k-th event and the last, at most about 600, because a screen cannot show more."""
    stride = -(-len(events) // MAX_POINTS)
    return events if stride <= 1 else [*events[:-1:stride], events[-1]]


def _bars_layout(rows: float) -> dict[str, Any]:
    return {
        "height": int(max(1.0, rows) * ROW_HEIGHT + 52),
        "margin": {"l": 8, "r": 16, "t": 4, "b": 8},
        "bargap": 0.35,
        "yaxis": {
            "autorange": "reversed",
            "automargin": True,
            "ticksuffix": "  ",
            "showgrid": False,
            "fixedrange": True,
        },
        "showlegend": False,
    }


def axis() -> dict[str, Any]:
    """The settings of an axis of a line or bar chart."""
    return {"gridcolor": "var(--ft-line)", "zeroline": False, "linecolor": "var(--ft-line)", "fixedrange": True}


def figure_json(figure: go.Figure) -> str:
    """The figure as JSON for a Chart, without plotly's own colours and fonts."""
    figure.update_layout(
        template=None,
        autosize=True,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor=figure.layout.plot_bgcolor or "rgba(0,0,0,0)",
        font={"color": "var(--ft-ink-2)", "size": 13},
        hoverlabel={
            "bgcolor": "var(--ft-surface)",
            "bordercolor": "var(--ft-line-strong)",
            "font": {"color": "var(--ft-ink)"},
        },
        dragmode=False,
    )
    plain = figure.to_plotly_json()
    return json.dumps({"data": plain["data"], "layout": plain["layout"]}, default=list)
