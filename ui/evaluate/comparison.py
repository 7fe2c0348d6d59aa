"""This model beside another on the same rows, as a visitor chooses, and the rows that only one of them has right."""

from __future__ import annotations

from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.scoring.beside import Beside, beside
from ui.evaluate.others import FILE, Other, others
from ui.html import text
from ui.html.markup import button, table
from ui.html.part import Part
from ui.page.page import QUICK, Page
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted

SIGNIFICANT = 0.05
LEAD = "The same rows, row by row: what one of the two has right and the other has not."
HEADERS = ("Model", "Tool selection", "Combined accuracy", "Right where the other is wrong")


class BesideCard(Holder):
    """A list of what this model can be held against, and the comparison with the chosen one."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], elem_id="beside", visible=False) as self.box:
            self.title = Part(
                Markup('<div class="card-head"><h2>Side by side</h2></div><p class="note">{}</p>').format(LEAD)
            )
            self.choice = gr.Dropdown([("nothing", "")], value="", label="Compare with", filterable=False)
            self.table = Part(elem_id="beside-table")

    def paint(self, scene: Scene) -> Wanted:
        """The list, and the comparison with its first entry, until a visitor chooses another."""
        found = others(scene)
        key = f"{scene.place.run} {[(other.key, other.label) for other in found.values()]}"
        first = next(iter(found), "")
        choices = [(other.label, other.key) for other in found.values()] or [("nothing", "")]
        return {
            self.box: gr.update(visible=bool(found)),
            self.choice: Keyed(key, gr.update(choices=choices, value=first)),
            self.table: Keyed(key, lambda: _compared(scene, found.get(first))),
        }

    def wire(self, page: Page) -> None:
        """Let the list choose."""

        def choose(place: dict[str, Any], key: str, request: gr.Request) -> Markup:
            scene = page.scene(place, request)
            return _compared(scene, others(scene).get(key))

        self.choice.input(choose, [page.place, self.choice], self.table, **QUICK)


def _compared(scene: Scene, other: Other | None) -> Markup:
    """The two models in a line each, and what the difference is worth."""
    pair = beside(scene.evaluation.tuned.rows, other.report.rows) if scene.evaluation and other else None
    if other is None or pair is None:
        return Markup("")
    rows = [
        ["This model", *_rates(pair, own=True), _only(other, "gained", len(pair.gained))],
        [other.name, *_rates(pair, own=False), _only(other, "lost", len(pair.lost))],
    ]
    shown = table(HEADERS, rows, kind="two-models", caption=f"This model beside {other.label}")
    return Markup('{}<div class="notes said"><p>{}</p></div>').format(shown, _sentence(scene, other, pair))


def _rates(pair: Beside, *, own: bool) -> list[Markup]:
    rates = pair.own if own else pair.other
    shown = []
    for rate in (rates["tool"], rates["combined"]):
        low, high = rate.low or 0.0, rate.high or 0.0
        note = f"{text.interval(low, high)} · {rate.k:,} of {rate.n:,}"
        shown.append(Markup('<span>{} <span class="note">{}</span></span>').format(text.percent(rate.value), note))
    return shown


def _only(other: Other, side: str, count: int) -> Markup:
    if not count:
        return Markup('<span class="note">no row</span>')
    who = "this model" if side == "gained" else other.label
    title = f"Show the rows that only {who} has right"
    return button(
        "rows", f"Show {text.count(count, 'row')}", kind="quiet small", title=title, beside=other.key, side=side
    )


def _sentence(scene: Scene, other: Other, pair: Beside) -> str:
    """What the paired rows say, in plain words."""
    p = "p < 0.001" if pair.p < 0.001 else f"p = {pair.p:.3f}"
    measured = f"{len(pair.gained):,} gained, {len(pair.lost):,} lost (McNemar, {p})"
    total = len(scene.evaluation.tuned.rows) if scene.evaluation else pair.n
    rows = f"On the {pair.n:,} rows that both held out" if pair.n < total else f"On all {pair.n:,} rows"
    if not pair.gained and not pair.lost:
        said = "both are right and wrong on the same rows"
    elif pair.p >= SIGNIFICANT:
        said = f"the two cannot be told apart: {measured}"
    else:
        said = f"{'this model' if len(pair.gained) > len(pair.lost) else other.label} is better: {measured}"
    return f"{rows}, {said}.{_same(scene) if other.key == FILE else ''}"


def _same(scene: Scene) -> str:
    """How many answers of the file are the checkpoint's own."""
    found = scene.verification.checkpoint_agreement if scene.verification else None
    return f" {found.same:,} of {found.rows:,} answers are the same calls." if found and found.rows else ""
