"""The panel that every stage has: progress, log, and the buttons that start and cancel it."""

from __future__ import annotations

import time
from collections.abc import Callable

import gradio as gr
from markupsafe import Markup

from backend.jobs import CANCELLED
from backend.runs import STAGES
from ui.html import Part, button, callout, card, icons, progress, text
from ui.page import Location, PageState, Panel, Updates
from ui.services import StageView

LOG_SHOWN = 12_000
FOLLOW_END = """
let atEnd = true;
element.addEventListener('scroll', (event) => {
  const box = event.target;
  atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
}, true);
watch('value', () => {
  const box = element.querySelector('.log');
  if (box && atEnd) box.scrollTop = box.scrollHeight;
});
"""
Words = dict[str, str]


class StagePanel(Panel):
    """The state of one stage with its buttons, and its log in a collapsed section."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.state = Part(elem_id=f"{stage}-state")

    def build_log(self) -> None:
        """Create the log in the current Gradio context."""
        with gr.Accordion("Log", open=False, visible=False, elem_classes=["ft-accordion"]) as self.log_box:
            self.log = Part(elem_id=f"{self.stage}-log", also=FOLLOW_END)

    def render(self, page_state: PageState, words: Words) -> Updates:
        """The stage's state and its log."""
        view = page_state.stage(self.stage)
        printed = _log(page_state, view)
        return {
            self.state: stage_state(page_state, view, words),
            self.log_box: gr.update(visible=bool(printed)),
            self.log: Markup('<pre class="listing log" tabindex="0">{}</pre>').format(printed) if printed else "",
        }

    def click(self, page_state: PageState, data: dict[str, str], start: Callable[[PageState], Location]) -> Location:
        """Start or cancel the stage."""
        match data.get("do"):
            case "start" if not page_state.stage(self.stage).active:
                return start(page_state)
            case "cancel":
                cancel_from(page_state, self.stage)
        return page_state.location


def cancel_from(page_state: PageState, first: str) -> list[str]:
    """Ask the active jobs of the open run to stop, from the stage `first` on; returns their stages, the last first."""
    if page_state.run is None:
        return []
    later = reversed(STAGES[STAGES.index(first) :])  # the jobs that wait for this stage are cancelled first
    active = [stage for stage in later if page_state.stage(stage).active]
    for stage in active:
        page_state.services.cancel(page_state.run, page_state.stage(stage).job)
    return active


def stage_state(page_state: PageState, view: StageView, words: Words) -> Markup:
    """A card while the stage waits or runs, a message if it failed or was cancelled, else empty."""
    if view.active and page_state.run:
        stopping = page_state.services.stopping(page_state.run, view.job)
        cancel = Markup("") if stopping else button("cancel", "Cancel", kind="quiet small")
        return card(words["busy"], progress_of(view, stopping=stopping), aside=cancel)
    return ended(view, words)


def ended(view: StageView, words: Words) -> Markup:
    """A message with the reason if the stage failed or was cancelled, else empty."""
    again = button("start", words["again"], kind="primary") if words.get("again") else ""
    if view.state == "failed":
        return callout("error", words["failed"], view.message or "The log below has the reason.", again)
    if view.state == "cancelled":
        why = "" if view.message == CANCELLED else view.message
        return callout("warn", words["cancelled"], " ".join(filter(None, (why, words.get("saved", "")))), again)
    return Markup("")


def progress_of(view: StageView, *, stopping: bool) -> Markup:
    """The progress of a stage that waits or runs, and its job's message."""
    if stopping:
        return progress(None, "Stopping")
    if view.state == "queued":
        return progress(None, view.message or "Waiting for another job on this machine")
    message = Markup('<p class="note">{}</p>').format(view.message) if view.message else Markup("")
    return Markup("").join([progress(view.fraction, doing(view), time_left(view)), _phases(view), message])


def _phases(view: StageView) -> Markup:
    """The phases of the stage: done, running, still to come."""
    names = view.phases
    now = view.progress.phase if view.progress else None
    if now not in names:
        return Markup("")
    at = list(names).index(now)
    states = ["done" if index < at else "now" if index == at else "later" for index in range(len(names))]
    marks = {"done": icons.CHECK, "now": Markup('<i class="dot"></i>'), "later": Markup('<i class="dot"></i>')}
    items = Markup("").join(
        Markup('<li class="{}"><span class="phase-mark">{}</span>{}<span>{}</span></li>').format(
            state, marks[state], name, _took(view, phase)
        )
        for state, (phase, name) in zip(states, names.items(), strict=True)
    )
    return Markup('<ol class="phases">{}</ol>').format(items)


def _took(view: StageView, phase: str) -> str:
    """The duration of a phase so far, and the estimated time left."""
    last = next((event for event in reversed(view.events) if event.phase == phase), None)
    if last is None:
        return ""
    left = f", about {text.duration(last.eta)} left" if last.eta and last.eta > 1 else ""
    return f"{text.duration(last.seconds)}{left}" if last.seconds else ""


def doing(view: StageView) -> str:
    """The current activity of the stage: a training step, or a phase."""
    last = view.progress
    if last is None:
        return "Starting"
    if last.kind == "step":
        return f"Step {last.step or 0:,} of {last.steps or 0:,}, epoch {last.epoch or 0:.1f}"
    phase, done, total = last.phase or "Working", last.done, last.total
    counted = f", {done:,} of {total:,}" if isinstance(done, int) and isinstance(total, int) and total > 1 else ""
    return view.phases.get(phase, phase) + counted


def time_left(view: StageView) -> str:
    """The estimated time left if the stage reports it, else the time it has taken."""
    last = view.progress
    if last and last.kind == "step" and last.eta is not None:
        return f"about {text.duration(last.eta)} left"
    return f"{text.duration(time.time() - view.started)} so far" if view.started and last else ""


def _log(page_state: PageState, view: StageView) -> str:
    if page_state.run is None or not view.job:
        return ""
    printed, _ = page_state.services.runner.log(page_state.run, view.job)
    return printed[-LOG_SHOWN:]
