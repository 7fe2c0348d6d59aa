"""Robustness: the switch for probes, and their results."""

from __future__ import annotations

from markupsafe import Markup

from backend.scoring import MESSAGE_PROBES, SPOKEN, Evaluation, Paired, ProbeResult, Rate
from ui.html import button, card, table, text

SWITCH = """
element.addEventListener('change', (event) => {
  if (!event.target.matches('[data-switch="probes"]')) return;
  const wanted = event.target.checked ? 'yes' : 'no';
  for (const start of element.querySelectorAll('[data-do="start"]')) start.dataset.probes = wanted;
});
"""
"""Copies the switch's state into the data of the button that starts the evaluation."""
LEAD = (
    "The same rows with changes, such as in lower case and without punctuation, as speech recognition writes. If an "
    "interval lies below that of the first line, the model is sensitive to this change: add such rows to the training "
    "data."
)
HEADERS = ("Rows", "Tool selection", "Combined accuracy", "Lost and gained", "")


def evaluate_button(label: str, declarations: str, *, on: bool, kind: str) -> Markup:
    """The button that starts an evaluation, and the switch for the probes."""
    tools = "" if declarations == "none" else ", other tools"
    checked = " checked" if on else ""
    start = button("start", label, kind=kind, probes="yes" if on else "no")
    return Markup(
        '<label class="switch"><input type="checkbox" role="switch" data-switch="probes"{}>'
        "<span>Also probe with {}{}</span></label>{}"
    ).format(checked, ", ".join(name for name in MESSAGE_PROBES if name != SPOKEN), tools, start)


def is_probed(evaluation: Evaluation) -> bool:
    """Whether the evaluation has more probes than every evaluation."""
    return any(name != SPOKEN for name in evaluation.probes)


def probes_card(evaluation: Evaluation) -> Markup:
    """The accuracy with each probe; empty if the evaluation has no probes."""
    if not evaluation.probes:
        return Markup("")
    tuned = evaluation.tuned
    rows: list[list[object]] = [["unchanged", _rate(tuned.tool), _rate(tuned.combined), "–", ""]]
    rows += [
        [name, _rate(found.tool), _rate(found.combined), _change(found.mcnemar), _broken(name, found)]
        for name, found in evaluation.probes.items()
    ]
    return card("Robustness", table(HEADERS, rows, kind="probes", caption="Accuracy with each probe"), note=LEAD)


def _rate(rate: Rate) -> Markup:
    if rate.low is None or rate.high is None:
        return Markup("–")
    interval = text.interval(rate.low, rate.high)
    return Markup('<span>{} <span class="note">{}</span></span>').format(text.percent(rate.value), interval)


def _change(pair: Paired) -> str:
    p = "p < 0.001" if pair.p < 0.001 else f"p = {pair.p:.2f}"
    return f"−{pair.worse:,} +{pair.better:,}, {p}"


def _broken(name: str, found: ProbeResult) -> Markup:
    count = len(found.broken)
    if not count:
        return Markup('<span class="note">breaks none</span>')
    title = f"Show the rows that the probe {name} breaks"
    return button("rows", f"Show the {text.count(count, 'row')} it breaks", kind="bare small", title=title, probe=name)
