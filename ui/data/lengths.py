"""How long the rows are: a histogram, in characters of the message or in tokens of the whole row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import gradio as gr

from backend.data import CheckReport
from ui.html import text
from ui.html.markup import Html, esc
from ui.html.part import Part
from ui.page.page import QUICK, Page
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted

UNITS = [("Message, characters", "characters"), ("Prompt and answer, tokens", "tokens")]
BINS = 24
NICE = (1, 2, 5, 10)


class Lengths(Holder):
    """The choice of the unit, and the histogram."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]) as self.box:
            self.title = Part('<div class="card-head"><h2>Lengths</h2></div>')
            self.unit = gr.Radio(
                UNITS, value="characters", label="Count", show_label=False, elem_classes=["ft-segments"],
                elem_id="length-unit",
            )  # fmt: skip
            self.bars = Part(elem_id="lengths")

    def paint(self, scene: Scene) -> Wanted:
        """The lengths of the messages."""
        report, key = scene.report, scene.data_key
        if report is None:
            return {}
        return {
            self.box: gr.update(visible=bool(report.examples)),
            self.unit: Keyed(key, "characters"),
            self.bars: Keyed(key, lambda: histogram(report, "characters").text),
        }

    def wire(self, page: Page) -> None:
        """Draw the unit that is picked."""

        def draw(place: dict[str, Any], unit: str, request: gr.Request) -> str:
            report = page.scene(place, request).report
            return histogram(report, unit).text if report else ""

        self.unit.input(draw, [page.place, self.unit], self.bars, **QUICK)


def histogram(report: CheckReport, unit: str) -> Html:
    """How many rows have which length."""
    in_tokens = unit == "tokens" and report.tokens is not None
    lengths = report.tokens.lengths if in_tokens and report.tokens else [len(row.message) for row in report.examples]
    if not lengths:
        return Html("")
    bins, width = _bins(lengths)
    most = max(count for _, count in bins)
    bars = "".join(_bar(start, width, count, most, unit) for start, count in bins)
    ends = f"<span>{bins[0][0]:,}</span><span>{bins[-1][0] + width:,} {unit}</span>"
    ordered = sorted(lengths)
    says = f"Half of the rows have {ordered[len(ordered) // 2]:,} {unit} or less, the longest {ordered[-1]:,}."
    return Html(
        f'<p class="note">{esc(says)}</p><div class="histogram" role="img" aria-label="{esc(says)}">{bars}</div>'
        f'<div class="histogram-ends">{ends}</div>'
    )


def _bins(lengths: Sequence[int]) -> tuple[list[tuple[int, int]], int]:
    """(start, rows) of each bin, empty ones too, and their width: a round number that makes about 24 of them."""
    least, most = min(lengths), max(lengths)
    wanted = max(1.0, (most - least + 1) / BINS)
    power = 10 ** math.floor(math.log10(wanted))
    width = max(1, int(next(step * power for step in NICE if step * power >= wanted)))
    first = least // width
    counts = [0] * (most // width - first + 1)
    for length in lengths:
        counts[length // width - first] += 1
    return [((first + at) * width, count) for at, count in enumerate(counts)], width


def _bar(start: int, width: int, count: int, most: int, unit: str) -> str:
    span = f"{start:,}" if width == 1 else f"{start:,}–{start + width - 1:,}"
    title = f"{span} {unit}: {text.count(count, 'row')}"
    return f'<i style="height:{100 * count / most:.1f}%" title="{esc(title)}"></i>'
