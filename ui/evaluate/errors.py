"""What kinds of errors there are, which tools are confused most, and how each argument does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.evaluate.charts import most_confused
from ui.evaluate.labels import KINDS
from ui.html import text
from ui.html.markup import Html, button, card, esc, table

MOST_PAIRS = 5
MOST_ARGUMENTS = 10


def confusion_head(tuned: Mapping[str, Any]) -> Html:
    """The heat map's title, and its worst cells as buttons."""
    pairs = most_confused(tuned["confusion"], MOST_PAIRS)
    chips = "".join(
        button("rows", f"{gold} → {found} ({count:,})", kind="chip", gold=gold, predicted=found).text
        for gold, found, count in pairs
    )
    note = "A line for each expected tool, a column for what was called. Press a cell to see its rows."
    listed = f'<div class="chips">{chips}</div>' if chips else ""
    return Html(f'{chart_head("Confusion matrix", "confusion")}<p class="note">{note}</p>{listed}')


def chart_head(title: str, chart: str) -> Html:
    """A chart's title with the button that saves it as a picture."""
    save = (
        f'<button type="button" class="btn quiet small" data-png="{chart}" '
        f'aria-label="Save the chart “{esc(title)}” as PNG">PNG</button>'
    )
    return Html(f'<div class="card-head"><h2>{esc(title)}</h2><div class="aside">{save}</div></div>')


def details_cards(tuned: Mapping[str, Any]) -> Html:
    """The kinds of errors and the arguments, side by side where there is room."""
    return Html(f'<div class="halves">{_kinds(tuned)}{_arguments(tuned)}</div>')


def _kinds(tuned: Mapping[str, Any]) -> Html:
    counts = sorted(tuned["error_classes"].items(), key=lambda pair: -pair[1])
    if not counts:
        return card("Kinds of errors", Html('<p class="note">None: every held-out row is right.</p>'))
    most = counts[0][1]
    rows = "".join(_kind(kind, count, count / most) for kind, count in counts)
    return card("Kinds of errors", Html(f'<div class="kinds">{rows}</div>'))


def _kind(kind: str, count: int, share: float) -> str:
    name = esc(KINDS.get(kind, kind))
    return (
        f'<button type="button" data-do="rows" data-kind="{esc(kind)}" aria-label="{name}: show {count:,} rows">'
        f'<span>{name}</span><span class="bar still"><i style="width:{100 * share:.1f}%"></i></span>'
        f"<span>{count:,}</span></button>"
    )


def _arguments(tuned: Mapping[str, Any]) -> Html:
    scores = [
        (tool, name, rate)
        for tool, found in (tuned.get("per_argument") or {}).items()
        for name, rate in found.items()
        if rate["n"]
    ]
    if not scores:
        return card("Arguments", Html('<p class="note">No row with the right tool has arguments to look at.</p>'))
    scores.sort(key=lambda score: (score[2]["value"], -score[2]["n"]))
    rest = scores[MOST_ARGUMENTS:]
    shown = _table(scores[:MOST_ARGUMENTS])
    if rest:
        shown += f'<details class="more"><summary>{len(rest)} more</summary>{_table(rest)}</details>'
    return card("Arguments", Html(shown), note="How often the value is right where the right tool was called.")


def _table(scores: list[tuple[str, str, dict[str, Any]]]) -> str:
    rows = [
        [Html(f"<span>{esc(tool)}<br><b>{esc(name)}</b></span>"), _rate(rate), f"{rate['k']:,} of {rate['n']:,}"]
        for tool, name, rate in scores
    ]
    return table(["Argument", "Right", "Rows"], rows, kind="arguments-table", caption="Accuracy per argument").text


def _rate(rate: Mapping[str, Any]) -> Html:
    interval = text.interval(rate["low"], rate["high"])
    return Html(f'<span>{text.percent(rate["value"])}<br><span class="note">{interval}</span></span>')
