"""The comparison of the picked runs: the verdict, their rates on the same rows, and the settings that differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from backend.comparing import (
    Candidate,
    Pair,
    SideBySide,
    calls_sentence,
    compare_runs,
    correction,
    differences,
    reason,
    verdict,
)
from backend.scoring import Rate, p_text
from ui.html import button, callout, card, table, text
from ui.runs.choice import LETTERS
from ui.services import RunFacts, Summary

HEADERS = ("Run", "Combined accuracy", "Tool selection", "Off-topic calls", "Against the best", "Rows that differ")
NOTHING_COMMON = "No held-out row is the same, so these runs cannot be compared"
HOW = "Runs have the same held-out rows if their data, the share that is held out and the seed are the same."
ONE_MORE = "Pick one more run to compare it with this one."
DATA: tuple[tuple[str, Callable[[RunFacts], str]], ...] = (
    ("Data", lambda facts: facts.dataset or "–"),
    ("Rows", lambda facts: "–" if facts.rows is None else f"{facts.rows:,}"),
    ("Data, first digits of SHA-256", lambda facts: facts.data_digits or "–"),
    ("tools.json, first digits of SHA-256", lambda facts: facts.tools_digits or "–"),
)
"""What is compared of the data, by its label."""


def compared_card(runs: Sequence[Summary], candidates: Sequence[Candidate]) -> Markup:
    """The card of the picked runs, whose scored rows are `candidates`; empty if none is picked."""
    if not runs:
        return Markup("")
    clear = button("clear", "Clear", kind="quiet small")
    if len(candidates) < 2:
        return card("Comparison", Markup('<p class="note">{}</p>').format(ONE_MORE), aside=clear)
    found = compare_runs(candidates)
    said = callout("warn", NOTHING_COMMON, HOW) if found is None else _result(found)
    body = [said, _settings(runs)]
    title = f"Comparison of {len(candidates)} runs"
    return card(title, Markup('<div class="stack">{}</div>').format(Markup("").join(body)), aside=clear)


def _result(found: SideBySide) -> Markup:
    """The verdict and the rates on the common rows."""
    letters = LETTERS[: len(found.standings)]
    named = [f"{letter} ({one.candidate.name})" for letter, one in zip(letters, found.standings, strict=True)]
    lines = [_rows(found), *(reason(found, pair, letters) for pair in found.pairs)]
    lines += [calls_sentence(found, pair, letters) for pair in found.pairs]
    told = any(pair.word == "worse" for pair in found.pairs)
    said = callout("ok" if told else "plain", verdict(found, named), Markup("\n").join(filter(None, lines)))
    pairs = {pair.other: pair for pair in found.pairs}
    cells = [_cells(found, at, pairs.get(at)) for at in range(len(found.standings))]
    shown = table(HEADERS, cells, kind="compared", caption="The picked runs on the same rows")
    corrected = Markup('<p class="note">{}</p>').format(correction(found)) if correction(found) else ""
    return Markup("{}{}{}").format(said, shown, corrected)


def _rows(found: SideBySide) -> str:
    """The rows on which the runs are compared."""
    asked = f"{text.count(found.n, 'held-out row')}"
    if all(len(one.candidate.rows) == found.n for one in found.standings):
        return f"All of them are compared on the same {asked}."
    return f"They are compared on the {asked} that all of them held out."


def _cells(found: SideBySide, at: int, pair: Pair | None) -> list[object]:
    own, best = found.standings[at], found.standings[found.best]
    name = Markup('<span><b class="letter">{}</b> {}</span>').format(LETTERS[at], own.candidate.name)
    rates = [_rate(own.combined), _rate(own.tool), _calls(own.false_calls)]
    if pair is None:
        return [name, *rates, "the best", ""]
    against = Markup('<span>{}<span class="line">{}</span></span>').format(pair.word, p_text(pair.p))
    sides = [
        _only(len(pair.gained), LETTERS[found.best], best.candidate.id, own.candidate.id),
        _only(len(pair.lost), LETTERS[at], own.candidate.id, best.candidate.id),
    ]
    return [name, *rates, against, Markup('<div class="sides">{}</div>').format(Markup("").join(sides))]


def _only(count: int, letter: str, right: str, wrong: str) -> Markup:
    """A button that lists the rows that only one run answers right."""
    label = f"Only {letter} right: {count:,}"
    return button("only", label, kind="quiet small", disabled=not count, right=right, wrong=wrong)


def _rate(rate: Rate) -> Markup:
    note = f"{text.interval(rate.low or 0.0, rate.high or 0.0)} · {rate.k:,} of {rate.n:,}"
    return Markup('<span><b>{}</b><span class="line">{}</span></span>').format(text.percent(rate.value), note)


def _calls(rate: Rate | None) -> str:
    return f"{rate.k:,} of {rate.n:,}" if rate else "–"


def _settings(runs: Sequence[Summary]) -> Markup:
    """The settings and the data that differ."""
    facts = [summary.facts for summary in runs if summary.facts]
    rows = [(one.label, one.values) for one in differences([one.config for one in facts])]
    rows += [(label, tuple(map(value, facts))) for label, value in DATA if len(set(map(value, facts))) > 1]
    if not rows:
        return Markup('<p class="note">All settings and the data are the same.</p>')
    headers = ["Differs", *LETTERS[: len(facts)]]
    cells = [[label, *values] for label, values in rows]
    return table(headers, cells, kind="settings-differ", caption="Settings and data that differ")
