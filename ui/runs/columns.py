"""The columns of the table of runs: what each shows, and how it is sorted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from backend.comparing import differences
from backend.scoring import Rate
from ui.html import text
from ui.jobs import dollars
from ui.runs.states import base_name, state_of
from ui.services import RunFacts, Summary

MOST_SETTINGS = 5
LONGEST_VALUE = 60
BASE_MODEL = "Base model"
"""A setting that the first column shows."""
NOTHING = Markup('<span class="nothing">–</span>')


@dataclass(frozen=True, slots=True)
class Row:
    """A run of the table, and the settings in which it differs from the others, with their values."""

    summary: Summary
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def facts(self) -> RunFacts | None:
        """The run's facts; None if it cannot be read."""
        return self.summary.facts


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its cell, and the value by which it is sorted, None for last; `falling` if the largest comes first."""

    header: str
    cell: Callable[[Row], object]
    value: Callable[[Row], Any]
    falling: bool = False


def rows_of(summaries: Sequence[Summary]) -> list[Row]:
    """The rows of the table, with the settings in which the readable runs differ."""
    readable = [summary for summary in summaries if summary.facts]
    found = differences([summary.facts.config for summary in readable if summary.facts])
    shown = [one for one in found if one.label != BASE_MODEL]
    settings = {summary.id: tuple((one.label, one.values[at]) for one in shown) for at, summary in enumerate(readable)}
    return [Row(summary, settings.get(summary.id, ())) for summary in summaries]


def sorted_rows(rows: Sequence[Row], order: str | None) -> list[Row]:
    """The rows by a column's name, or in the opposite order by its name after a minus; else as they are."""
    name, opposite = (order or "").removeprefix("-"), (order or "").startswith("-")
    column = COLUMNS.get(name)
    if column is None:
        return list(rows)
    known = [row for row in rows if column.value(row) is not None]
    known.sort(key=column.value, reverse=column.falling != opposite)
    return [*known, *(row for row in rows if column.value(row) is None)]


def next_order(order: str | None, name: str) -> str | None:
    """The order after a click on a column: its usual order, the opposite one, then the newest first."""
    if name not in COLUMNS:
        return order
    return {name: f"-{name}", f"-{name}": None}.get(order or "", name)


def _name(row: Row) -> Markup:
    summary = row.summary
    if summary.error:
        lines: list[object] = [text.when(summary.created), Markup('<span class="error">cannot be read</span>')]
    else:
        lines = [f"{base_name(summary)} · {text.when(summary.created)}", state_of(summary)]
    name = Markup(
        '<button type="button" class="open" data-do="open" data-run="{}" title="Open this run">{}</button>'
    ).format(summary.id, summary.name)
    return Markup("<div>{}{}</div>").format(name, _lines(lines))


def _data(row: Row) -> Markup:
    if not row.facts or not row.facts.dataset:
        return NOTHING
    rows = "" if row.facts.rows is None else text.count(row.facts.rows, "row")
    return Markup("<div>{}{}</div>").format(row.facts.dataset, _lines([rows] if rows else []))


def _settings(row: Row) -> Markup:
    lines = [f"{label}: {value[:LONGEST_VALUE]}" for label, value in row.settings[:MOST_SETTINGS]]
    more = len(row.settings) - MOST_SETTINGS
    lines += [f"and {more} more"] if more > 0 else []
    return Markup("<div>{}</div>").format(_lines(lines)) if lines else NOTHING


def _rate(rate: Rate | None) -> Markup:
    if rate is None or rate.low is None or rate.high is None:
        return NOTHING
    lines = [text.interval(rate.low, rate.high), f"{rate.k:,} of {rate.n:,}"]
    return Markup("<div><b>{}</b>{}</div>").format(text.percent(rate.value), _lines(lines))


def _false_calls(row: Row) -> Markup:
    rate = row.facts.false_calls if row.facts else None
    return Markup("<span>{:,} of {:,}</span>").format(rate.k, rate.n) if rate and rate.n else NOTHING


def _lines(lines: Sequence[object]) -> Markup:
    return Markup("").join(Markup('<span class="line">{}</span>').format(line) for line in lines)


def _fact(row: Row, name: str, shown: Callable[[Any], str]) -> Markup:
    value = _value(row, name)
    return NOTHING if value is None else Markup('<span class="number">{}</span>').format(shown(value))


def _value(row: Row, name: str) -> Any:
    return getattr(row.facts, name) if row.facts else None


def _share(rate: Rate | None) -> float | None:
    return rate.value if rate else None


COLUMNS: Mapping[str, Column] = {
    "run": Column("Run", _name, lambda row: row.summary.name.lower()),
    "data": Column("Data", _data, lambda row: (row.facts.dataset.lower(), row.facts.rows or 0) if row.facts else None),
    "settings": Column("Settings that differ", _settings, lambda row: row.settings or None),
    "accuracy": Column(
        "Combined accuracy",
        lambda row: _rate(row.summary.accuracy),
        lambda row: _share(row.summary.accuracy),
        falling=True,
    ),
    "calls": Column("Off-topic calls", _false_calls, lambda row: _share(row.facts.false_calls) if row.facts else None),
    "size": Column("File", lambda row: _fact(row, "size", text.size), lambda row: _value(row, "size")),
    "time": Column("Time", lambda row: _fact(row, "seconds", text.duration), lambda row: _value(row, "seconds")),
    "cost": Column("Cost", lambda row: _fact(row, "cost", dollars), lambda row: _value(row, "cost")),
}
