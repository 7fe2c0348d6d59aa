"""The panel with a check of this machine or of an account: progress, findings, and a report to copy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from huggingface_hub import constants
from markupsafe import Markup

from backend.doctor import Finding, Outcome, Report
from backend.doctor.hub import dollars
from backend.errors import InputError
from backend.redact import redact
from ui.html import COPY, Part, Tone, button, callout, card, copy_button, icons, listing, progress
from ui.jobs import SCROLL_INTO_VIEW
from ui.page import Location, PageState, Panel, Updates
from ui.services import TITLES, Checkup

FOLLOW = """
// Each rendering replaces the buttons: move the focus to the same button, or else to the new title.
let focused, begun = false, drawn = false;
element.addEventListener('focusin', (event) => { focused = event.target.dataset.do ?? 'title'; });
element.addEventListener('focusout', (event) => setTimeout(() => {
  if (event.target.isConnected && !element.contains(document.activeElement)) focused = undefined;
}));
element.addEventListener('click', (event) => {
  begun ||= Boolean(event.target.closest('[data-do="agree"], [data-do="doctor"]'));
});
const status = document.createElement('p');  // a live region that stays, which a screen reader needs
status.className = 'unseen';
status.setAttribute('role', 'status');
element.after(status);
watch('value', () => {
  const there = Boolean(element.querySelector('.card'));
  const lost = !document.activeElement || document.activeElement === document.body;
  if (lost && (focused || there !== drawn)) {
    const title = element.querySelector('h2');
    if (title) title.tabIndex = -1;
    const same = focused && element.querySelector(`[data-do="${focused}"]`);
    (same || title || document.querySelector('[aria-current="step"]'))?.focus({preventScroll: true});
  }
  drawn = there;
  if (begun && element.querySelector('[data-do="stop"]')) {
    element.scrollIntoView({block: 'start'});
    begun = false;
  }
  const doing = element.querySelector('.progress-text span')?.textContent ?? '';
  if (status.textContent !== doing) status.textContent = doing;
});
"""
NOTES = {
    "machine": "Nothing is installed or sent, and no files remain.",
    "account": (
        "Costs nothing: a private repository is created, filled, read and deleted. If the login may not delete it, it "
        "stays, and later checks use it again."
    ),
}
REPORT = "The report, without tokens and names"
MAY_STAY = "The account check creates a private repository, which stays if the login may not delete it."
SPENT = "Your billing page on Hugging Face shows what the jobs cost."
MARKS: dict[Outcome, tuple[Tone, Markup]] = {
    Outcome.PASSED: ("ok", icons.CHECK),
    Outcome.FAILED: ("error", icons.CROSS),
    Outcome.UNKNOWN: ("plain", Markup("?")),
}
JOBS_TITLE = "What do two short jobs cost?"
JOBS_NOTE = (
    "One runs on a CPU and is cancelled while it runs; one runs a single operation on a GPU. They show whether a "
    "training's job would start there."
)


class DoctorPanel(Panel):
    """The panel of checks; empty until a check is started."""

    def __init__(self) -> None:
        self.part = Part(elem_id="doctor", also=SCROLL_INTO_VIEW + FOLLOW + COPY)

    def render(self, page_state: PageState) -> Updates:
        """The check that the location names."""
        return {self.part: _view(page_state)}

    def click(self, page_state: PageState, data: dict[str, str]) -> Location:
        """Stop, start again, ask for the price of jobs, confirm it, or close the panel. Raises InputError."""
        checkups, identity = page_state.services.checkups, page_state.services.identity
        match data.get("do"):
            case "doctor":
                return begin_check(page_state, data.get("of", ""))
            case "stop" if checkup := checkups.last(page_state.location.doctor):
                checkup.task.stop.set()
            case "price":
                checkups.ask_price(identity)
            case "agree":
                checkups.confirm(identity)
            case "leave":
                checkups.drop_price()
            case "close":
                return replace(page_state.location, doctor=None)
        return page_state.location


def begin_check(page_state: PageState, kind: str) -> Location:
    """Start a check and open its panel. Raises InputError if the visitor may not run it."""
    services = page_state.services
    if kind == "machine":
        services.checkups.check_machine(services.identity, services.store.root)
    elif kind == "account":
        services.checkups.check_account(services.identity)
    else:
        raise InputError(f"There is no check of {kind[:40]!r}.")
    return replace(page_state.location, doctor=kind, asking=None)


def check_buttons(page_state: PageState) -> Markup:
    """The buttons of the checks: the machine for its owner, the account for a logged-in visitor."""
    identity = page_state.services.identity
    kinds = [("machine", "Check this machine")] if identity.machine else []
    kinds += [("account", "Check my account")] if identity.name and identity.token else []
    buttons = [button("doctor", label, kind="quiet small", of=kind, closes="drawer") for kind, label in kinds]
    may_stay = [Markup('<p class="note">{}</p>').format(MAY_STAY)] if identity.name and identity.token else []
    return Markup("").join([*buttons, *may_stay])


def _view(page_state: PageState) -> Markup:
    kind = page_state.location.doctor
    checkup = page_state.services.checkups.last(kind)
    if kind is None or checkup is None or not _offered(page_state, kind):
        return Markup("")
    task = checkup.task
    if not task.done.is_set():
        stopping = task.stop.is_set()
        doing = "Removing test files" if stopping else task.doing or "Waiting for another check to finish"
        stop = "" if stopping else button("stop", "Stop", kind="quiet small")
        body = Markup("").join([progress(task.fraction, doing), _list(checkup.found)])
        return card(TITLES[kind], body, note=NOTES[kind], aside=stop)
    note = SPENT if any(finding.title.startswith("Job") for finding in checkup.found) else NOTES[kind]
    return card(TITLES[kind], Markup("").join(_ended(page_state, kind, checkup)), note=note, aside=_close())


def _offered(page_state: PageState, kind: str) -> bool:
    identity = page_state.services.identity
    return identity.machine if kind == "machine" else identity.name is not None


def _close() -> Markup:
    return button("close", "Close", kind="quiet small")


def _ended(page_state: PageState, kind: str, checkup: Checkup) -> list[Markup]:
    """The findings of a finished check, with its actions."""
    report = checkup.task.result
    again = button("doctor", "Check again", of=kind)
    copy = copy_button("Copy the report")
    if report is None:
        said = callout("warn", "The check did not finish", checkup.task.error or "")
        actions = Markup('<div class="actions">{}{}</div>').format(copy if checkup.text else "", again)
        return [said, _list(checkup.found), actions, *([listing(REPORT, checkup.text)] if checkup.text else [])]
    parts = [_summary(report), _list(report.findings)]
    parts += [Markup('<div class="actions">{}{}</div>').format(copy, again), listing(REPORT, checkup.text)]
    return [*parts, _jobs(page_state)] if kind == "account" else parts


def _summary(report: Report) -> Markup:
    return Markup('<p class="summary" role="status">{}.</p>').format(report.summary)


def _list(findings: Sequence[Finding]) -> Markup:
    rows = Markup("").join(map(_row, findings))
    return Markup('<ul class="ready findings">{}</ul>').format(rows) if rows else Markup("")


def _row(finding: Finding) -> Markup:
    tone, mark = MARKS[finding.outcome]
    then = Markup('<p class="next">{}</p>').format(_linked(finding.next)) if finding.next else ""
    said = Markup("<b>{}</b> <i>{}</i><p>{}</p>{}").format(
        finding.title, finding.outcome.value, _linked(finding.seen), then
    )
    return Markup('<li class="{}"><span class="phase-mark" aria-hidden="true">{}</span><div>{}</div></li>').format(
        tone, mark, said
    )


def _linked(text: str) -> Markup:
    """The text, with the Hub's own addresses as links."""
    pattern = re.compile(rf"({re.escape(constants.ENDPOINT)}/[\w./-]*[\w-])")
    parts = pattern.split(redact(text))
    link = Markup('<a href="{0}" target="_blank" rel="noopener">{0}</a>')
    return Markup("").join(link.format(part) if number % 2 else part for number, part in enumerate(parts))


def _jobs(page_state: PageState) -> Markup:
    """The offer to check jobs, its price, and the button that starts them."""
    task = page_state.services.checkups.price()
    back = button("leave", "Not now")
    if task is None:
        return callout("plain", "Jobs can be tested too", JOBS_NOTE, button("price", JOBS_TITLE, kind="quiet"))
    if task.error:
        return callout("error", "The price is not available", task.error, back)
    if task.result is None:
        return callout("plain", "Asking Hugging Face what jobs cost now", JOBS_NOTE)
    plan = task.result.plan
    start = button("agree", f"Start for at most {dollars(plan.ceiling)}", kind="primary")
    return callout("accent", "Before anything is spent", plan.summary, Markup("").join([start, back]))
