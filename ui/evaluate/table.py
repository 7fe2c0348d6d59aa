"""The table of scored rows: message, expected and answered calls, with the differences marked."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from backend.records import Example
from backend.scoring import MESSAGE_PROBES, RowResult, probe_messages
from ui.evaluate.labels import KINDS
from ui.evaluate.others import Results
from ui.evaluate.selection import (
    BASE_ONLY,
    NGRAM_ONLY,
    TUNED_ONLY,
    Choice,
    Picked,
    Rows,
    chosen_rows,
    picked_rows,
)
from ui.html import Slice, answered, badge, button, marked, table, text

PAGE_SIZE = 8
OTHERS = {BASE_ONLY: "base", TUNED_ONLY: "base", NGRAM_ONLY: "floor"}
HEADERS = ("Message", "Expected", "Answered", "Result")


def row_table(results: Results, choice: Choice, page: int, seed: int) -> Markup:
    """One page of the chosen rows; `seed` is the run's, which determines the probes' messages."""
    picked = picked_rows(results, choice.picked)
    head = _picked_line(picked) if picked else Markup("")
    rows = chosen_rows(results, choice)
    if not rows:
        return Markup("").join([head, Markup('<p class="note">{}</p>').format(_none(results))])
    part = Slice.of(rows, page, PAGE_SIZE)
    name, twins = _twins(results, picked.other if picked and picked.other else OTHERS.get(choice.show, ""))
    typed = _typed(results.evaluation.tuned.rows, picked.probe, seed) if picked else {}
    cells = [_cells(row, typed.get(row.id), name, twins.get(row.id)) for row in part.items]
    return Markup("").join([head, table(HEADERS, cells, kind="scored", caption="Scored rows"), part.pager()])


def _twins(results: Results, key: str) -> tuple[str, Mapping[str, RowResult]]:
    """Another model's name and its rows by id; empty for no key."""
    other = results.others.get(key)
    return (other.name, {row.id: row for row in other.report.rows}) if other else ("", {})


def _none(results: Results) -> str:
    if all(row.right for row in results.evaluation.tuned.rows):
        return "Every held-out row is right, so no row matches these filters."
    return "No row matches these filters."


def _picked_line(picked: Picked) -> Markup:
    clear = button("clear", "Show others too", kind="quiet small")
    return Markup('<div class="picked" role="status"><p>{}</p>{}</div>').format(picked.title, clear)


def _cells(row: RowResult, typed: str | None, name: str, twin: RowResult | None) -> list[object]:
    expected = marked(row.expected, row.predicted or ())[0]
    other = _note(Markup("{}: {}").format(name, answered(twin))) if twin else ""
    return [
        Markup("{}{}{}").format(row.message, _note(f"as “{typed}”") if typed else "", _line(row)),
        expected,
        Markup("<div>{}{}</div>").format(answered(row), other),
        _result(row),
    ]


def _result(row: RowResult) -> Markup:
    sure = _note("" if row.probability is None else f"sure: {text.probability(row.probability)}")
    if row.right:
        return Markup("{}{}").format(badge("right", "ok"), sure)
    kind = str(row.error_class)
    default = _note("Right if a default that is left out counts as written." if row.right_with_defaults else "")
    refused = _note(f"An app refuses it: {row.refusal.reason}") if row.refusal and row.parsed else ""
    shown = badge(KINDS.get(kind, kind), "warn")
    return Markup("{}{}{}{}{}").format(shown, sure, _note(row.detail), default, refused)


def _line(row: RowResult) -> Markup:
    return _note(f"line {row.line:,}" if row.line else "")


def _note(value: object) -> Markup:
    return Markup('<div class="note">{}</div>').format(value) if value else Markup("")


def _typed(rows: Rows, probe: str, seed: int) -> dict[str, str]:
    """The message that a probe gave the model, by row id; the run's seed reproduces it."""
    if probe not in MESSAGE_PROBES:
        return {}
    examples = [Example(row.id, row.line, row.message, ()) for row in rows]
    return {one.id: one.message for one in probe_messages(probe, examples, seed)}
