"""The row of the five steps at the top, each with its state."""

from __future__ import annotations

import logging
from typing import Literal

from markupsafe import Markup

from backend.errors import InputError
from ui.html import icons, text
from ui.page import STEP_NAMES, STEPS, PageState
from ui.services import StageView

Mark = Literal["", "done", "busy", "failed"]
LOGGER = logging.getLogger(__name__)

# Sets the browser's address to the shown location, so that a reload returns to it.
FOLLOW_ADDRESS = """
const follow = () => {
  const query = element.querySelector('[data-query]')?.dataset.query;
  if (query === undefined || query === location.search) return;
  history.replaceState(null, '', location.pathname + query);
};
watch('value', follow);
"""


def stepper(page_state: PageState) -> Markup:
    """The row of steps with the state of each."""
    items = Markup("").join(_item(page_state, number, step) for number, step in enumerate(STEPS, 1))
    return Markup('<nav class="stepper" aria-label="Steps" data-query="{}"><ol>{}</ol></nav>').format(
        page_state.location.query, items
    )


def _item(page_state: PageState, number: int, step: str) -> Markup:
    mark, state = _state_or_fault(page_state, step)
    current = page_state.location.step == step
    inside = {"done": icons.CHECK, "failed": icons.CROSS}.get(mark, Markup("<span>{}</span>").format(number))
    if current and mark == "done":
        inside = Markup("<span>{}</span>").format(number)
    classes = " ".join(filter(None, (mark, "current" if current else "")))
    aria = Markup(' aria-current="step"') if current else ""
    return Markup(
        '<li class="{}"><button type="button" data-do="step" data-step="{}"{}>'
        '<span class="mark">{}</span><span class="name">{}</span>'
        '<span class="state">{}</span></button></li>'
    ).format(classes, step, aria, inside, STEP_NAMES[step], state)


def _state_or_fault(page_state: PageState, step: str) -> tuple[Mark, str]:
    """The state of a step; an unreadable file must not hide the other steps."""
    try:
        return _state(page_state, step)
    except InputError:  # the step itself reports the damaged file
        return "failed", "cannot be read"
    except Exception:
        LOGGER.exception("a fault in the app while reading the state of the %s step", step)
        return "failed", "cannot be shown"


def _state(page_state: PageState, step: str) -> tuple[Mark, str]:
    if step == "data":
        return _data_state(page_state)
    if step == "try":
        return ("", "ready") if page_state.has("export") else ("", "")
    view = page_state.stage(step)
    if view.active:
        return "busy", _busy(view)
    if view.state == "failed" and (step == "train" or page_state.has("train")):
        return "failed", "failed"
    if page_state.has(step):
        return "done", _result(page_state, step)
    return "", "cancelled" if view.state == "cancelled" and step == "train" else ""


def _data_state(page_state: PageState) -> tuple[Mark, str]:
    check = page_state.check
    if check is None:
        return "", ""
    report = check.result
    if report is None:
        return ("failed", "not checked") if check.error else ("busy", "checking")
    if not report.ok:
        errors = sum(issue.severity == "error" for issue in report.issues)
        return "failed", text.count(errors, "error")
    return "done", text.count(report.rows, "row")


def _busy(view: StageView) -> str:
    if view.state == "queued":
        return "waiting"
    return "running" if view.fraction is None else f"{view.fraction * 100:.0f} %"


def _result(page_state: PageState, step: str) -> str:
    if step == "evaluate" and page_state.evaluation:
        return f"{text.percent(page_state.evaluation.tuned.combined.value)} right"
    if step == "export" and page_state.verification:
        return page_state.verification.verdict.value
    return "done"
