"""The verdict, three accuracies compared with the base and the n-gram baseline, and the calls on other topics."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from backend.runs import STARTER
from backend.scoring import NGRAM_NAME, SIGNIFICANT, Evaluation, Paired, Rate, Report, p_text
from ui.evaluate.labels import before
from ui.evaluate.probes import evaluate_button, is_probed
from ui.html import Figure, Tone, button, callout, card, figures, link, text

TONES: dict[str, Tone] = {"met": "ok", "not met": "warn", "undecided": "accent"}


def scores_card(evaluation: Evaluation, run_id: str, declarations: str) -> Markup:
    """The card at the top of an evaluated run: the verdict, the figures, and notes on them."""
    items = [
        _figure(evaluation, "Combined accuracy", lambda report: report.combined, tone="accent"),
        _figure(evaluation, "Tool selection", lambda report: report.tool),
        _figure(evaluation, "Arguments", lambda report: report.argument, of="rows with the right tool"),
        _off_topic_figure(evaluation),
    ]
    on = button("step", "Continue to Export", kind="primary", step="export")
    save = link(f"runs/{run_id}/evaluation.json", "evaluation.json", download=True)
    actions = Markup('<div class="actions">{}{}</div>').format(on, save)
    again = evaluate_button("Evaluate again", declarations, on=is_probed(evaluation), kind="quiet small")
    parts = Markup("").join([_verdict(evaluation), figures(items), _notes(evaluation), actions])
    return card(
        f"{evaluation.tuned.n:,} held-out rows", Markup('<div class="stack">{}</div>').format(parts), aside=again
    )


def _figure(
    evaluation: Evaluation, name: str, rate_of: Callable[[Report], Rate], *, of: str = "rows", tone: Tone = "plain"
) -> Figure:
    rate = rate_of(evaluation.tuned)
    if rate.low is None or rate.high is None:
        return Figure(name, "–", "no rows to measure")
    line = f"{text.interval(rate.low, rate.high)} · {rate.k:,} of {rate.n:,} {of}"
    labels = [(evaluation.base, before(evaluation)), (evaluation.ngram_baseline, "classifier")]
    others = [
        Markup("<span>{}: {}</span>").format(label, _other(rate_of(report))) for report, label in labels if report
    ]
    comparison = Markup('<span class="beside">{}</span>').format(Markup("").join(others)) if others else ""
    return Figure(name, text.percent(rate.value), Markup("{}{}").format(line, comparison), tone)


def _off_topic_figure(evaluation: Evaluation) -> Figure:
    """The share of off-topic messages that are answered with a call, of which fewer are better."""
    name, found = "Calls on off-topic messages", evaluation.off_topic
    if found is None or found.calls.low is None or found.calls.high is None:
        return Figure(name, "–", "not measured")
    calls = found.calls
    line = f"{text.interval(found.calls.low, found.calls.high)} · {calls.k:,} of {calls.n:,} messages"
    lower = Markup('{}<span class="beside"><span>Lower is better.</span></span>').format(line)
    return Figure(name, text.percent(calls.value), lower)


def _other(rate: Rate) -> str:
    if rate.low is None or rate.high is None:
        return "no row with the right tool"
    return f"{text.percent(rate.value)} ({text.interval(rate.low, rate.high)}, n = {rate.n:,})"


def _notes(evaluation: Evaluation) -> Markup:
    """Notes on the three figures."""
    parsed, loose = evaluation.tuned.parse, evaluation.tuned.combined_normalised
    lines: list[object] = [_against_base(evaluation), *_against_baseline(evaluation)]
    lines.append(
        f"{parsed.k:,} of {parsed.n:,} answers can be read by the phone. "
        f"Without regard to case and punctuation, {text.percent(loose.value)} are right."
    )
    defaults = evaluation.tuned.combined_with_defaults
    if defaults and defaults.k != evaluation.tuned.combined.k:
        lines.append(
            f"If an argument that is left out counts as its default in tools.json, {text.percent(defaults.value)} are "
            f"right ({defaults.k:,} of {defaults.n:,})."
        )
    if evaluation.tuned.refused:
        lines.append(evaluation.tuned.refusal_sentence())
    if evaluation.setup.note:
        lines.append(evaluation.setup.note)
    return Markup('<div class="notes">{}</div>').format(
        Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    )


def _against_base(evaluation: Evaluation) -> str:
    """The change by training, on the same rows."""
    pair, starter = evaluation.mcnemar, evaluation.setup.base_model == STARTER
    if not pair:
        why = evaluation.setup.base_missing
        return f"The base model was not measured{f': {why}' if why else '.'}"
    if starter:
        return f"A starter has no base model. Compared with the same model before training: {_changed(pair)}."
    return f"Compared with the base on the same rows: {_changed(pair)}."


def _against_baseline(evaluation: Evaluation) -> list[object]:
    """The comparison with the n-gram baseline; empty if the baseline was not measured."""
    pair = evaluation.ngram_mcnemar
    if not pair or not evaluation.ngram_baseline:
        return []
    said = f"Compared with {NGRAM_NAME}, trained in seconds on the same rows: {_changed(pair)}."
    return [Markup("{} <strong>{}</strong>").format(said, baseline_sentence(pair))]


def baseline_sentence(pair: Paired) -> str:
    """One sentence on whether the model is better than the n-gram baseline, by the paired rows."""
    if pair.p >= SIGNIFICANT:
        return "The difference is not significant: the model has not yet shown that it is better than the classifier."
    if pair.worse > pair.better:
        return "The model is worse than the classifier. It is not ready to ship."
    return "The model is better."


def _changed(pair: Paired) -> str:
    return f"{text.count(pair.better, 'row')} gained, {pair.worse:,} lost (McNemar, {p_text(pair.p)})"


def _verdict(evaluation: Evaluation) -> Markup:
    verdict, rate = evaluation.verdict, evaluation.tuned.combined
    target = text.percent(verdict.target, 0)
    match verdict.state:
        case "met":
            title = f"The target of {target} is met"
            body = f"The lower end of the interval, {text.percent(rate.low)}, reaches it."
        case "not met":
            title = f"The target of {target} is not met"
            body = f"The upper end of the interval, {text.percent(rate.high)}, is below it."
        case _:
            title = f"Undecided: the target of {target} lies within the interval of {text.count(rate.n, 'row')}"
            more = verdict.more_rows
            body = (
                f"At this rate, about {text.count(more, 'further held-out row')} would decide."
                if more
                else "More held-out rows would decide."
            )
    return callout(TONES.get(verdict.state, "plain"), title, body)
