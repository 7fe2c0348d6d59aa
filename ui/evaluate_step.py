"""Step 3, Evaluate: the held-out rows, answered by the base and by the tuned model, and what came out."""

from __future__ import annotations

from typing import Any

import gradio as gr

from backend.runs import STARTER
from ui import text
from ui.charts import Chart, per_tool
from ui.evaluate_rows import WrongRows
from ui.markup import Figure, Html, Tone, button, callout, card, empty, esc, figures, heading, joined
from ui.page import Page, go
from ui.painter import Holder, Wanted
from ui.part import Part
from ui.place import Place
from ui.scene import Scene
from ui.stage_panel import StagePanel, submit

LEAD = "The model answers rows that were held back from training, and its calls are compared with the right ones."
WORDS = {
    "busy": "Evaluating",
    "failed": "The evaluation failed",
    "cancelled": "The evaluation was cancelled",
    "again": "Evaluate again",
}
NAMES = [("combined", "Combined accuracy"), ("tool", "Tool selection"), ("argument", "Arguments")]
TONES: dict[str, Tone] = {"met": "ok", "not met": "warn", "undecided": "accent"}


class EvaluateStep(Holder):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Evaluate", LEAD).text)
        self.blank = Part(elem_id="evaluate-blank")
        self.panel = StagePanel("evaluate")
        self.scores = Part(elem_id="scores")
        with gr.Column(visible=False) as self.details:
            with gr.Column(elem_classes=["ft-card"]):
                self.chart_title = Part(elem_id="per-tool-title")
                self.chart = Chart("Share of right rows per tool, with 95 % intervals", elem_id="per-tool")
            self.wrong = WrongRows()
        self.panel.build_log()

    def paint(self, scene: Scene) -> Wanted:
        """The results, or how to get them."""
        evaluation = scene.evaluation if scene.has("train") else None
        view = scene.stage("evaluate")
        tuned = evaluation.get("tuned") if evaluation and not view.active else None
        wanted: Wanted = {
            self.blank: _blank(scene).text,
            **self.panel.paint(scene, WORDS),
            self.scores: _scores(evaluation).text if evaluation and tuned else "",
            self.details: gr.update(visible=bool(tuned)),
        }
        if not scene.has("train") and not view.active:
            wanted[self.panel.state] = ""
        if evaluation and tuned:
            base = evaluation.get("base")
            wanted |= {
                self.chart_title: _chart_title(tuned).text,
                self.chart: per_tool(tuned["per_tool"], base["per_tool"] if base else None),
                **self.wrong.paint(scene),
            }
        return wanted

    def wire(self, page: Page) -> None:
        """Tie the buttons to the evaluation."""
        page.on_press(self.blank, self._press)
        page.on_press(self.panel.state, self._press)
        page.on_press(self.scores, self._press)
        self.wrong.wire(page, self.chart)

    def _press(self, scene: Scene, data: dict[str, str]) -> Place:
        if data.get("do") == "step":
            return go(data.get("step", "data"))(scene)
        return self.panel.press(scene, data, _start)


def _start(scene: Scene) -> Place:
    return submit(scene, scene.run, "evaluate") if scene.run else scene.place


def _blank(scene: Scene) -> Html:
    if scene.has("train"):
        if scene.evaluation or scene.stage("evaluate").state != "none":
            return Html("")
        start = button("start", "Evaluate", kind="primary")
        return empty("Not measured yet", "The base model and the tuned one answer every held-out row.", start)
    if scene.stage("train").active:
        back = button("step", "See the training", step="train")
        return empty("Training first", "There is something to measure when training is done.", back)
    train = button("step", "Go to Train", kind="primary", step="train")
    return empty("Nothing to measure yet", "Train a model, or open a run from the list.", train)


def _scores(evaluation: dict[str, Any]) -> Html:
    """The verdict and the three accuracies, the base's beside them."""
    tuned, base = evaluation["tuned"], evaluation.get("base")
    items = [_figure(key, name, tuned[key], base[key] if base else None) for key, name in NAMES]
    on = button("step", "Continue to Export", kind="primary", step="export")
    parts = [_verdict(evaluation), figures(items), _beside(evaluation), Html(f'<div class="actions">{on}</div>')]
    again = button("start", "Evaluate again", kind="quiet small")
    return card(f"{tuned['n']:,} held-out rows", Html(f'<div class="stack">{joined(parts)}</div>'), aside=again)


def _beside(evaluation: dict[str, Any]) -> Html:
    """What qualifies the three figures."""
    tuned = evaluation["tuned"]
    lines = [_compared(evaluation)]
    parsed, loose = tuned["parse"], tuned["combined_normalised"]
    lines.append(
        f"{parsed['k']:,} of {parsed['n']:,} answers can be read by the phone. "
        f"With case and punctuation left aside, {text.percent(loose['value'])} are right."
    )
    if evaluation.get("base") and evaluation.get("base_model") == STARTER:
        lines.append("The base of a starter is the same model before training.")
    if evaluation.get("note"):
        lines.append(str(evaluation["note"]))
    return Html(f'<div class="notes">{"".join(f"<p>{esc(line)}</p>" for line in lines)}</div>')


def _figure(key: str, name: str, rate: dict[str, Any], base: dict[str, Any] | None) -> Figure:
    if rate["value"] is None:
        return Figure(name, "–", "no row to measure it on")
    of = "rows with the right tool" if key == "argument" else "rows"
    lines = [f"{text.interval(rate['low'], rate['high'])} · {rate['k']:,} of {rate['n']:,} {of}"]
    if base:
        lines.append(f"base: {_base(base)}")
    return Figure(
        name, text.percent(rate["value"]), Html("<br>".join(lines)), "accent" if key == "combined" else "plain"
    )


def _base(rate: dict[str, Any]) -> str:
    if rate["value"] is None:
        return "never the right tool"
    return f"{text.percent(rate['value'])} ({text.interval(rate['low'], rate['high'])}, n = {rate['n']:,})"


def _verdict(evaluation: dict[str, Any]) -> Html:
    verdict, rate = evaluation["verdict"], evaluation["tuned"]["combined"]
    target = text.percent(verdict["target"], 0)
    match verdict["state"]:
        case "met":
            title = f"The target of {target} is met"
            body = f"Even the lower end of the interval, {text.percent(rate['low'])}, reaches it."
        case "not met":
            title = f"The target of {target} is not met"
            body = f"Even the upper end of the interval, {text.percent(rate['high'])}, stays below it."
        case _:
            title = f"Undecided: {target} lies within what {text.count(rate['n'], 'row')} can tell"
            more = verdict.get("more_rows")
            body = (
                f"At this rate, about {text.count(more, 'further held-out row')} would decide."
                if more
                else "More held-out rows would tell."
            )
    return callout(TONES.get(verdict["state"], "plain"), title, body)


def _compared(evaluation: dict[str, Any]) -> str:
    """What the training changed, on the same rows."""
    pair = evaluation.get("mcnemar")
    if not pair:
        return "The base model was not measured."
    p = "p < 0.001" if pair["p"] < 0.001 else f"p = {pair['p']:.3f}"
    gained, lost = text.count(pair["better"], "row"), text.count(pair["worse"], "row")
    return f"Against the base on the same rows: {gained} gained, {lost} lost (McNemar, {p})."


def _chart_title(tuned: dict[str, Any]) -> Html:
    unmeasured = [name for name, score in tuned["per_tool"].items() if not score["support"]]
    note = "Share of right rows with 95 % intervals, held-out rows in brackets. Press a bar to see its wrong rows."
    if unmeasured:
        note += f" Without held-out rows: {', '.join(unmeasured)}."
    return Html(f'<div class="card-head"><h2>Per tool</h2></div><p class="note">{note}</p>')
