"""How sure the model is: the accuracy by the share of answered rows, the thresholds, and the calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from markupsafe import Markup

from backend.scoring import FEWEST, Bin, Confidence, Cutoff, Goal, Rate
from ui.evaluate.errors import chart_head
from ui.html import axis, figure_json, table, text

LEAD = (
    "An app can ask again instead of carrying out an answer that the model is not sure of. The chart shows the share "
    "of right rows among those that the app then still answers."
)
CHOSEN = (
    "The thresholds are chosen on these rows, so expect less on new messages: rely on the lower end of the interval. "
    "LiteRT-LM gives an app the probability in C and Python, but not in Kotlin or JavaScript (docs/evaluation.md)."
)
UPPER, LOWER = (0.5, 1.0), (0.0, 0.35)
"""The heights of the two parts of the chart, as shares of it."""
HEADERS = ("Probability", "On average", "Right", "Rows")


def confidence_head(confidence: Confidence) -> Markup:
    """The chart's title and what it shows."""
    off_topic = " The lower part shows the off-topic messages that still get a call." if _asked(confidence) else ""
    note = f"{LEAD}{off_topic}"
    return Markup('{}<p class="note">{}</p>').format(chart_head("How sure the model is", "sure"), note)


def accuracy_curve(confidence: Confidence) -> str:
    """The share of right rows by the share of answered ones, with the thresholds that reach the goals.

    With off-topic messages, a second line below it shows how many still get a call. The curve begins with `FEWEST`
    answered rows.
    """
    shown = [one for one in confidence.curve if one.right.n >= FEWEST] or list(confidence.curve)
    asked = _asked(confidence)
    figure = go.Figure([_right_line(confidence, shown), _goal_points(confidence)])
    lowest = min(_percent(one.right) for one in shown)
    upper = UPPER if asked else LOWER[:1] + UPPER[1:]
    figure.update_layout(
        height=400 if asked else 280,
        margin={"l": 46, "r": 22, "t": 26, "b": 40},
        showlegend=False,
        annotations=[_caption("right, of the answered rows", upper[1])],
        yaxis={**_percents(max(0.0, lowest - 3.0), 101.5), "domain": upper},
    )
    if asked:
        figure.add_trace(_call_line(confidence, shown))
        highest = max(_percent(one.calls) for one in shown if one.calls)
        figure.update_layout(
            annotations=[*figure.layout.annotations, _caption("off-topic messages with a call", LOWER[1])],
            yaxis2={**_percents(0.0, max(5.0, 1.1 * highest)), "domain": LOWER},
        )
    title = {"text": "answered rows", "font": {"size": 13}}
    figure.update_xaxes(title=title, anchor="y2" if asked else "y", **_percents(0.0, 102.0))
    return figure_json(figure)


def confidence_details(confidence: Confidence) -> Markup:
    """The thresholds as sentences, and the calibration."""
    goals = Markup("").join([_goal(confidence, goal) for goal in confidence.goals])
    chosen = Markup('<p class="note">{}</p>').format(CHOSEN)
    return Markup('<div class="stack"><ul class="advice sure">{}</ul>{}{}</div>').format(
        goals, chosen, _calibration(confidence)
    )


def _asked(confidence: Confidence) -> bool:
    return any(one.calls is not None for one in confidence.curve)


def _right_line(confidence: Confidence, shown: Sequence[Cutoff]) -> go.Scatter:
    return go.Scatter(
        x=[_answered(confidence, one) for one in shown],
        y=[_percent(one.right) for one in shown],
        mode="lines" if len(shown) > 1 else "markers",
        line={"color": "var(--ft-accent)", "width": 2},
        customdata=[[text.threshold(one.threshold), one.right.k, one.right.n] for one in shown],
        hovertemplate="from %{customdata[0]} on: %{customdata[1]} of %{customdata[2]} right<extra></extra>",
    )


def _goal_points(confidence: Confidence) -> go.Scatter:
    """The goals that a threshold reaches, as points on the curve; two at one point share it."""
    named: dict[Cutoff, list[str]] = {}
    for goal in confidence.goals:
        if goal.cutoff is not None:
            named.setdefault(goal.cutoff, []).append(text.percent(goal.share, 0))
    return go.Scatter(
        x=[_answered(confidence, cutoff) for cutoff in named],
        y=[_percent(cutoff.right) for cutoff in named],
        mode="markers+text",
        marker={"color": "var(--ft-accent)", "size": 9},
        text=[" and ".join(names) for names in named.values()],
        textposition="bottom left",
        textfont={"color": "var(--ft-ink)"},
        hoverinfo="skip",
        cliponaxis=False,
    )


def _call_line(confidence: Confidence, shown: Sequence[Cutoff]) -> go.Scatter:
    pairs = [(one, one.calls) for one in shown if one.calls is not None]
    return go.Scatter(
        x=[_answered(confidence, one) for one, _ in pairs],
        y=[_percent(calls) for _, calls in pairs],
        yaxis="y2",
        mode="lines" if len(pairs) > 1 else "markers",
        line={"color": "var(--ft-warn)", "width": 2},
        customdata=[[text.threshold(one.threshold), calls.k, calls.n] for one, calls in pairs],
        hovertemplate="from %{customdata[0]} on: %{customdata[1]} of %{customdata[2]} with a call<extra></extra>",
    )


def _caption(words: str, top: float) -> dict[str, Any]:
    """The name of a part of the chart, above its left end."""
    place = {"x": 0, "y": top, "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": words, "showarrow": False, "font": {"size": 13}, **place}


def _percents(low: float, high: float) -> dict[str, Any]:
    return {"range": [low, high], "ticksuffix": " %", "nticks": 6, "tickangle": 0, **axis()}


def _answered(confidence: Confidence, cutoff: Cutoff) -> float:
    """The answered held-out rows in percent."""
    return 100 * cutoff.right.n / confidence.rows


def _percent(rate: Rate) -> float:
    return 100 * (rate.value or 0.0)


def _goal(confidence: Confidence, goal: Goal) -> Markup:
    return Markup("<li><strong>{} right</strong><p>{}</p></li>").format(
        text.percent(goal.share, 0), goal_sentence(confidence, goal)
    )


def goal_sentence(confidence: Confidence, goal: Goal) -> Markup:
    """What an app has to do so that this share of the answered rows is right, and what that costs."""
    cutoff = goal.cutoff
    if cutoff is None:
        return Markup("No threshold reaches it with at least {} answered rows.").format(FEWEST)
    skipped = confidence.skipped(cutoff)
    if not skipped:
        return Markup("No threshold is needed: {}{}.").format(_right(cutoff.right), _still_called(confidence, cutoff))
    return Markup(
        "Carry out answers with a probability of at least <b>{}</b>. Then {}, and {} of {} ({}) {} left out{}."
    ).format(
        text.threshold(cutoff.threshold),
        _right(cutoff.right),
        f"{skipped:,}",
        text.count(confidence.rows, "row"),
        text.percent(skipped / confidence.rows),
        "is" if skipped == 1 else "are",
        _still_called(confidence, cutoff),
    )


def _right(rate: Rate) -> str:
    interval = text.interval(rate.low or 0.0, rate.high or 0.0)
    return f"{rate.k:,} of {text.count(rate.n, 'answered row')} are right ({interval})"


def _still_called(confidence: Confidence, cutoff: Cutoff) -> str:
    """The off-topic messages that still get a call, empty if none were asked."""
    calls, without = cutoff.calls, confidence.curve[-1].calls
    if calls is None or without is None:
        return ""
    before = "" if calls.k == without.k else f" instead of {without.k:,}"
    return f"; {calls.k:,} of {text.count(calls.n, 'off-topic message')} still get a call{before}"


def _calibration(confidence: Confidence) -> Markup:
    """One sentence on the calibration, and its bins in a collapsed table."""
    rows = confidence.rows
    said = sum(one.mean * one.right.n for one in confidence.bins) / rows
    right = sum(one.right.k for one in confidence.bins) / rows
    sentence = (
        f"Calibration: the probability is {text.percent(said)} on average, and {text.percent(right)} of the rows are "
        f"right. In {text.count(len(confidence.bins), 'group')} of rows with similar probabilities, the two differ by "
        f"{100 * confidence.calibration_error:.1f} points on average (expected calibration error)."
    )
    shown = table(HEADERS, map(_bin_cells, confidence.bins), kind="calibration", caption="Calibration")
    return Markup(
        '<p>{}</p><details class="more"><summary>Probability and accuracy by group</summary>{}</details>'
    ).format(sentence, shown)


def _bin_cells(one: Bin) -> list[object]:
    interval = text.interval(one.right.low or 0.0, one.right.high or 0.0)
    right = Markup('<span>{} <span class="note">{}</span></span>').format(text.percent(one.right.value), interval)
    return [
        f"{text.probability(one.low)} – {text.probability(one.high)}",
        text.probability(one.mean),
        right,
        f"{one.right.n:,}",
    ]
