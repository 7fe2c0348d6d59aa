"""The list of runs at the left: name, time, base, state, accuracy, verdict; buttons to open, delete and create runs."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from ui.frame.doctor_panel import begin_check, check_buttons
from ui.html import Part, button, callout, icons, text
from ui.jobs import GAIN, login_button
from ui.page import RUNS, Location, PageState, Updates, open_run
from ui.runs import base_name, state_of
from ui.services import LOGOUT, Summary


def account_view(page_state: PageState) -> Markup:
    """The account or the login button, and the buttons of the checks."""
    identity, checks = (
        page_state.services.identity,
        Markup('<div class="actions">{}</div>').format(check_buttons(page_state)),
    )
    if identity.name and identity.machine:
        token = Markup('<p class="note">Hugging Face: <b>{}</b>, by the token on this machine</p>').format(
            identity.name
        )
        return _foot(token + checks)
    if identity.name:
        leave = Markup('<a class="btn quiet small" href="{}">Log out</a>').format(LOGOUT)
        return _foot(Markup('<p class="note">Logged in as <b>{}</b></p>{}{}').format(identity.name, leave, checks))
    if identity.machine:
        return _foot(checks)
    problem = callout("error", "The login does not work", identity.problem) if identity.problem else ""
    return _foot(Markup('{}{}<p class="note">{}</p>').format(problem, login_button(page_state), GAIN))


def _foot(inside: Markup) -> Markup:
    return Markup('<div class="account">{}</div>').format(inside)


class RunsList:
    """The column of runs."""

    def __init__(self) -> None:
        self.part = Part(elem_id="runs-part")

    def render(self, page_state: PageState) -> Updates:
        """The whole list."""
        return {self.part: _column(page_state)}

    def click(self, page_state: PageState, data: dict[str, str]) -> Location:
        """Handle a click on a button of the list. Raises InputError if a run cannot be deleted."""
        location, run_id = page_state.location, data.get("run", "")
        match data.get("do"):
            case "new":
                return Location()
            case "open":
                return open_run(page_state, run_id)
            case "compare":
                return replace(location, step=RUNS, asking=None)
            case "ask":
                return replace(location, asking=run_id)
            case "delete" if any(summary.id == run_id for summary in page_state.runs):
                page_state.services.delete(run_id)
                return Location() if location.run == run_id else replace(location, asking=None)
            case "doctor":
                return begin_check(page_state, data.get("of", ""))
            case "find":
                page_state.services.find_again()
                return location
            case _:
                return replace(location, asking=None)


def _column(page_state: PageState) -> Markup:
    foot = Markup("").join([_finding(page_state), _unmarked(page_state), account_view(page_state)])
    brand = Markup('<a class="brand" href="./">{}<span>FunctionGemma Trainer</span></a>').format(icons.MARK)
    new = button(
        "new", Markup('<span class="plus">{}</span>New run').format(icons.PLUS), kind="quiet wide", closes="drawer"
    )
    compare = button("compare", "Compare runs", kind="quiet small", closes="drawer")
    head = Markup('<div class="runs-head"><span>Runs {}</span>{}</div>').format(len(page_state.runs) or "", compare)
    if not page_state.runs:
        return Markup('{}{}{}<p class="runs-none">Your runs appear here. They remain after a restart.</p>{}').format(
            brand, new, head, foot
        )
    items = Markup("").join(_item(summary, page_state.location) for summary in page_state.runs)
    return Markup('{}{}{}<ol class="runs-list">{}</ol>{}').format(brand, new, head, items, foot)


def _finding(page_state: PageState) -> Markup:
    """The state of the search on the Hub, while it runs or if it failed."""
    task = page_state.services.finding
    if task is None or task.result is not None:
        return Markup("")
    if task.error:
        again = button("find", "Search again", kind="quiet small")
        return callout("warn", "Your runs on Hugging Face could not be listed", task.error, again)
    return Markup('<p class="runs-none">Searching for your runs on Hugging Face</p>')


def _unmarked(page_state: PageState) -> Markup:
    """A warning if a deleted run could not be marked on the Hub."""
    reason = page_state.services.unmarked
    if reason is None:
        return Markup("")
    body = f"{reason} Until then it may reappear when this app starts on an empty disk; you can delete it again."
    return callout("warn", "A deleted run may reappear", body, button("find", "Try again", kind="quiet small"))


def _item(summary: Summary, location: Location) -> Markup:
    current = summary.id == location.run
    if summary.id == location.asking:
        question = Markup("<p>Delete <b>{}</b> and all its files?</p>").format(summary.name)
        yes = button("delete", "Delete", kind="danger small", run=summary.id)
        no = button("keep", "Keep", kind="quiet small", run=summary.id)
        confirm = Markup('{}<div class="actions">{}{}</div>').format(question, yes, no)
        return Markup(
            '<li class="run"><div class="confirm" role="alertdialog" aria-label="Delete this run">{}</div></li>'
        ).format(confirm)
    mark = Markup(' aria-current="true"') if current else ""
    lines = Markup("").join(Markup('<span class="line">{}</span>').format(line) for line in _lines(summary))
    return Markup(
        '<li class="run{current}">'
        '<button type="button" class="open" data-closes="drawer" data-do="open" data-run="{id}"{mark}>'
        '<span class="title">{name}</span>{lines}</button>'
        '<button type="button" class="remove" data-do="ask" data-run="{id}" title="Delete this run" '
        'aria-label="Delete the run {name}">{bin}</button></li>'
    ).format(
        current=" current" if current else "",
        id=summary.id,
        mark=mark,
        name=summary.name,
        lines=lines,
        bin=icons.BIN,
    )


def _lines(summary: Summary) -> list[str]:
    if summary.error:
        return [Markup('<span class="error">cannot be read</span>'), text.when(summary.created)]
    lines: list[str] = [f"{base_name(summary)} · {text.when(summary.created)}"]
    if summary.accuracy and summary.state != "running":
        verdict = f" · {summary.verdict}" if summary.verdict else ""
        lines.append(Markup("<b>{}</b> right{}").format(text.percent(summary.accuracy.value), verdict))
    return [*lines, state_of(summary)]
