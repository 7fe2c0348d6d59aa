"""The verdict and the three accuracies, with the base's and the floor's beside them, and what qualifies them."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from backend.runs import STARTER
from backend.scoring.advice import FLOOR_NAME
from ui.evaluate.labels import before
from ui.evaluate.probes import evaluate_button
from ui.html import text
from ui.html.markup import Figure, Tone, button, callout, card, figures, link

SIGNIFICANT = 0.05
NAMES = [("combined", "Combined accuracy"), ("tool", "Tool selection"), ("argument", "Arguments")]
TONES: dict[str, Tone] = {"met": "ok", "not met": "warn", "undecided": "accent"}


def scores_card(evaluation: dict[str, Any], run_id: str, declarations: str) -> Markup:
    """The card at the top of a measured run."""
    tuned = evaluation["tuned"]
    items = [_figure(evaluation, key, name) for key, name in NAMES]
    on = button("step", "Continue to Export", kind="primary", step="export")
    save = link(f"runs/{run_id}/evaluation.json", "evaluation.json", download=True)
    actions = Markup('<div class="actions">{}{}</div>').format(on, save)
    again = evaluate_button("Evaluate again", declarations, on=bool(evaluation.get("probes")), kind="quiet small")
    parts = Markup("").join([_verdict(evaluation), figures(items), _notes(evaluation), actions])
    return card(f"{tuned['n']:,} held-out rows", Markup('<div class="stack">{}</div>').format(parts), aside=again)


def _figure(evaluation: dict[str, Any], key: str, name: str) -> Figure:
    rate = evaluation["tuned"][key]
    if rate["value"] is None:
        return Figure(name, "–", "no row to measure it on")
    of = "rows with the right tool" if key == "argument" else "rows"
    line = f"{text.interval(rate['low'], rate['high'])} · {rate['k']:,} of {rate['n']:,} {of}"
    labels = [("base", before(evaluation)), ("floor", "classifier")]
    others = [
        Markup("<span>{}: {}</span>").format(label, _other(evaluation[who][key]))
        for who, label in labels
        if evaluation.get(who)
    ]
    beside = Markup('<span class="beside">{}</span>').format(Markup("").join(others)) if others else ""
    note = Markup("{}{}").format(line, beside)
    return Figure(name, text.percent(rate["value"]), note, "accent" if key == "combined" else "plain")


def _other(rate: dict[str, Any]) -> str:
    if rate["value"] is None:
        return "never the right tool"
    return f"{text.percent(rate['value'])} ({text.interval(rate['low'], rate['high'])}, n = {rate['n']:,})"


def _notes(evaluation: dict[str, Any]) -> Markup:
    """What qualifies the three figures."""
    tuned = evaluation["tuned"]
    parsed, loose = tuned["parse"], tuned["combined_normalised"]
    lines: list[object] = [_against_base(evaluation), *_against_floor(evaluation)]
    lines.append(
        f"{parsed['k']:,} of {parsed['n']:,} answers can be read by the phone. "
        f"With case and punctuation left aside, {text.percent(loose['value'])} are right."
    )
    if evaluation.get("note"):
        lines.append(str(evaluation["note"]))
    return Markup('<div class="notes">{}</div>').format(
        Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    )


def _against_base(evaluation: dict[str, Any]) -> str:
    """What the training changed, on the same rows."""
    pair, starter = evaluation.get("mcnemar"), evaluation.get("base_model") == STARTER
    if not pair:
        why = evaluation.get("base_missing")
        return f"The base model was not measured{f': {why}' if why else '.'}"
    if starter:
        return f"A starter has no base model. Against the same model before training: {_changed(pair)}."
    return f"Against the base on the same rows: {_changed(pair)}."


def _against_floor(evaluation: dict[str, Any]) -> list[object]:
    """Whether the model has earned its size; nothing where the floor was not measured."""
    pair, floor = evaluation.get("floor_mcnemar"), evaluation.get("floor")
    if not pair or not floor:
        return []
    said = f"Against {FLOOR_NAME}, trained in seconds on the same rows: {_changed(pair)}."
    return [Markup("{} <strong>{}</strong>").format(said, floor_sentence(pair))]


def floor_sentence(pair: dict[str, Any]) -> str:
    """What the paired rows say about the model and the floor, in one plain sentence."""
    if pair["p"] >= SIGNIFICANT:
        return "These rows cannot tell the two apart, so the model has not yet shown that it is worth its size."
    if pair["worse"] > pair["better"]:
        return "The model is worse than the classifier: it is not ready to ship."
    return "The model is better."


def _changed(pair: dict[str, Any]) -> str:
    p = "p < 0.001" if pair["p"] < 0.001 else f"p = {pair['p']:.3f}"
    return f"{text.count(pair['better'], 'row')} gained, {pair['worse']:,} lost (McNemar, {p})"


def _verdict(evaluation: dict[str, Any]) -> Markup:
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
