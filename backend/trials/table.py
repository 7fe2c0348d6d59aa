"""The table of a search: a line for each of its settings, with how far they came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.data.text import plain_line
from backend.errors import InputError
from backend.runs import Run
from backend.trials.record import Sweep, Trial, read_sweep
from backend.trials.space import changes


@dataclass(frozen=True, slots=True)
class Line:
    """One of a search's settings: what differs from the start, and its latest trial.

    `share` is the share of the epochs of that trial, `match` its mean probability of the right answers; None before
    the first. `right` and `rows` count the final's held-out rows, 0 if the settings are not in the final. `chosen`
    marks the result's settings.
    """

    number: int
    changed: str
    share: float | None
    match: float | None
    right: int
    rows: int
    seeds: int
    note: str
    chosen: bool


def lines(sweep: Sweep) -> list[Line]:
    """Returns a line for each of the planned settings, those that came farthest first."""
    planned = sweep.settings[: sweep.planned or 1]
    found = [_line(sweep, number) for number in range(len(planned))]
    return sorted(found, key=lambda line: (-line.seeds, -(line.share or 0), -(line.match or 0), line.number))


def _line(sweep: Sweep, number: int) -> Line:
    own = [trial for trial in sweep.trials if trial.settings == number]
    done = [trial for trial in own if trial.end == "done"]
    final = [trial for trial in done if trial.fold]
    last = done[-1] if done else None
    rows = sum(trial.rows for trial in final)
    return Line(
        number=number,
        changed=written(changes(sweep.settings[number], sweep.settings[0])) if number else "the settings to start from",
        share=last.share if last else None,
        match=last.match if last else None,
        right=rows - sum(len(trial.wrong) for trial in final),
        rows=rows,
        seeds=len(final),
        note=_note(own),
        chosen=sweep.found is not None and sweep.found.settings == number,
    )


def _note(trials: Sequence[Trial]) -> str:
    """What the last trial ended with if it is not done."""
    ends = {"failed": "failed", "skipped": "no time left"}
    return ends.get(trials[-1].end, "") if trials else ""


def written(changed: Mapping[str, Any]) -> str:
    """Returns changed settings as text, such as `lr 0.002, epochs 50`; without the adapter's scale."""
    shown = {name: value for name, value in changed.items() if name != "lora_alpha"}
    return ", ".join(
        f"{name.replace('_', ' ')} {value:g}" if isinstance(value, float) else f"{name.replace('_', ' ')} {value}"
        for name, value in shown.items()
    )


def search_section(run: Run) -> str:
    """Returns the search's table in Markdown for a model card; empty without a search, or if its record is damaged."""
    try:
        sweep = read_sweep(run)
    except InputError:
        return ""
    if sweep is None:
        return ""
    found = sweep.found.reason if sweep.found else "The search has not ended."
    rows = [
        f"| {plain_line(line.changed)}{' **(chosen)**' if line.chosen else ''} | {_percent(line.share)} "
        f"| {_percent(line.match)} | {f'{line.right} of {line.rows}' if line.rows else '–'} | {line.seeds or '–'} |"
        for line in lines(sweep)
    ]
    head = "| settings | share of the epochs | right answers likely | right in the final | seeds |"
    return "\n".join(["## Search for settings", "", found, "", head, "|---|---|---|---|---|", *rows])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
