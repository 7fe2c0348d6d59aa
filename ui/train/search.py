"""The search for better settings: its form, its start, and the table of its trials."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from backend.runs import Run
from backend.trials import Line, Sweep, lines, read_sweep, sweep_path
from ui.html import Part, badge, callout, card, table, text
from ui.page import Panel, Updates
from ui.services import stamp

FEWEST_MINUTES, MOST_MINUTES, USUAL_MINUTES = 1, 7 * 24 * 60, 60
ABOUT = Markup(
    '<p class="note">A search tries other values of the tools in the prompt, the epochs, the learning rate, the rank of'
    " the adapter, and the shares of off-topic rows and of rows that a large model wrote. Short trainings choose a few "
    "settings. Full trainings with three seeds compare these with yours, which are kept unless others are better. Only "
    "rows of the training side choose: the held-out rows measure the result.</p>"
)
HEADERS = ("Settings", "Epochs", "Right answers likely", "Right in the final", "")


class SearchForm(Panel):
    """The budget, what a search does, and the button that starts it."""

    def __init__(self) -> None:
        with gr.Accordion("Find better settings", open=False, elem_classes=["ft-accordion"], elem_id="search-form"):
            Part(ABOUT)
            self.minutes = gr.Number(
                USUAL_MINUTES,
                precision=0,
                step=10,
                label="Budget in minutes",
                info="For all trials and the result. A job on Hugging Face is stopped soon after it.",
            )
            self.start = gr.Button("Find better settings", elem_id="start-search")


def budget(written: object) -> int:
    """Returns the minutes in the field. Raises InputError if they are not allowed."""
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise InputError("Budget in minutes: enter a number.")
    if not FEWEST_MINUTES <= written <= MOST_MINUTES:
        raise InputError(f"Budget in minutes: {written:g} is not allowed. Enter 1 to {MOST_MINUTES:,}.")
    return int(written)


class SearchTable(Panel):
    """The table of a run's search; empty for a run without one."""

    def __init__(self) -> None:
        self.part = Part(elem_id="search")

    def render(self, run: Run) -> Updates:
        """The trials so far, and what was found."""
        return {self.part: _shown(run, stamp(sweep_path(run)))}


def recorded(run: Run) -> Sweep | None:
    """The run's search, which can continue; None if there is none, or if its record is damaged."""
    try:
        return read_sweep(run)
    except InputError:
        return None


def resume_flags(sweep: Sweep) -> list[str]:
    """The flags with which a search continues."""
    return ["--resume", *search_flags(sweep.minutes)]


def search_flags(minutes: float) -> list[str]:
    """The flags of a search with this budget."""
    return [f"--minutes={minutes:g}"]


@lru_cache(maxsize=16)
def _cached(path: Path, _stamp: tuple[int, int]) -> Markup:
    run = Run.open(path)
    try:
        sweep = read_sweep(run)
    except InputError as error:
        return callout("error", "The search cannot be shown", str(error))
    if sweep is None:
        return Markup("")
    rows = [_cells(line) for line in lines(sweep)]
    trials, budget_seconds = text.count(len(sweep.trials), "trial"), sweep.minutes * 60
    took = f"{trials}, {text.duration(sweep.seconds)} of {text.duration(budget_seconds)}"
    note = sweep.found.reason if sweep.found else "The search has not ended."
    return card("Search for better settings", table(HEADERS, rows, caption="Tried settings"), note=note, aside=took)


def _shown(run: Run, at: tuple[int, int]) -> Markup:
    return _cached(run.path, at) if at[1] else Markup("")


def _cells(line: Line) -> tuple[object, ...]:
    state = badge("chosen", "ok") if line.chosen else line.note
    final = f"{line.right:,} of {line.rows:,} ({text.count(line.seeds, 'seed')})" if line.rows else "–"
    return line.changed, text.percent(line.share, 0), text.percent(line.match), final, state
