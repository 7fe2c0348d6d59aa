"""The state of the data: being checked, ready or not ready, with the next step."""

from __future__ import annotations

from markupsafe import Markup

from backend.data import CheckReport
from ui.data.editing import add_buttons, next_draft, open_place, redo, undo
from ui.data.growing import grow_button, open_growing
from ui.data.problems import open_fixes, summary_line
from ui.html import Tone, button, callout, card, link, progress, text
from ui.page import Location, PageState, go
from ui.services import UploadedData, draft_link
from ui.work import LEAVE_OUT, SAFE, rows_to_leave_out, safely_fixable


def data_state(page_state: PageState) -> Markup:
    """A card about the open data; empty if there is none."""
    if page_state.source_error:
        return callout("warn", "These files are no longer stored", page_state.source_error)
    if page_state.source is None or page_state.check is None:
        return Markup("")
    check, name = page_state.check, page_state.source.name
    if check.result is not None:
        return _summary(page_state, page_state.source, check.result)
    if check.error is None:
        stop = button("stop", "Stop", kind="quiet small")
        return card(
            f"Checking {name}", progress(check.fraction or None, check.doing or "Reading the files"), aside=stop
        )
    actions = Markup("").join([button("again", "Check again"), button("other", "Use other files")])
    tone: Tone = "warn" if check.stop.is_set() else "error"
    return callout(tone, f"{name} was not checked", check.error, actions)


def click(page_state: PageState, data: dict[str, str]) -> Location:
    """Handle a click on a button of the card."""
    match data.get("do"):
        case "other":
            return Location()
        case "stop" if page_state.check:
            page_state.check.stop.set()
            return page_state.location
        case "again":
            page_state.services.checker.restart(page_state.services.owner)
            return page_state.location
        case "fix":
            return open_fixes(page_state, data)
        case "undo":
            return undo(page_state)
        case "redo":
            return redo(page_state)
        case "edit":
            return open_place(page_state, data)
        case "grow":
            return open_growing(page_state)
        case "train":
            return go("train")(page_state)
        case _:
            return page_state.location


def _summary(page_state: PageState, source: UploadedData, report: CheckReport) -> Markup:
    line = summary_line(report.rows, len(report.tools), report.issues)
    if page_state.place or page_state.location.growing:
        return card(source.name, Markup('<p class="summary">{}</p>').format(line))
    body = [Markup('<p class="summary">{}</p>').format(line), _grown(report), _read(source), _made(page_state, source)]
    errors = sum(issue.severity == "error" for issue in report.issues)
    if errors:
        says = f"{text.count(errors, 'error')} must be fixed before training."
        body.append(callout("error", "Not ready to train", says))
    actions = (
        []
        if page_state.plan
        else [
            *_train(errors),
            *_fix_all(report, errors),
            *_leave_out(report),
            add_buttons(),
            *([] if errors else [grow_button()]),
        ]
    )
    if actions:
        body.append(Markup('<div class="actions">{}</div>').format(Markup("").join(actions)))
    return card(source.name, Markup("").join(body), aside=button("other", "Use other files", kind="quiet small"))


def _train(errors: int) -> list[Markup]:
    return [] if errors else [button("train", "Continue to Train", kind="primary")]


def _fix_all(report: CheckReport, errors: int) -> list[Markup]:
    count = safely_fixable(report.issues)
    kind = "primary" if errors else "quiet"
    return [button("fix", f"Fix all safe problems ({count:,})", kind=kind, fixing=SAFE)] if count else []


def _leave_out(report: CheckReport) -> list[Markup]:
    count = rows_to_leave_out(report.issues)
    label = f"Leave out {text.count(count, 'row')} with errors…"
    return [button("fix", label, kind="quiet", fixing=LEAVE_OUT)] if count else []


def _grown(report: CheckReport) -> Markup:
    """How many rows a large model wrote; empty if none."""
    grown = sum(row.is_grown for row in report.examples)
    if not grown:
        return Markup("")
    return Markup('<p class="note">{} of {} written by a large model.</p>').format(
        f"{grown:,}", text.count(report.rows, "row is", "rows are")
    )


def _read(source: UploadedData) -> Markup:
    """What was read from another format: the line, and what was not carried over."""
    line, *details = source.origin.read.splitlines() or [""]
    if not line:
        return Markup("")
    items = Markup("").join(Markup("<li>{}</li>").format(sentence) for sentence in details)
    more = Markup('<details class="more"><summary>What was not carried over</summary><ul>{}</ul></details>')
    return Markup('<div class="read"><p>{}</p>{}</div>').format(line, more.format(items) if items else "")


def _made(page_state: PageState, source: UploadedData) -> Markup:
    """The fixes that made this draft with Undo, and the downloads of the standard files."""
    draft, origin = page_state.location.data, source.origin
    again = button("redo", "Redo", kind="bare small") if draft and next_draft(page_state) else Markup("")
    if not (origin.made or origin.read or again) or not draft or page_state.run:
        return Markup("")
    back = button("undo", "Undo", kind="bare small") if origin.made and origin.parent else Markup("")
    links = [
        link(draft_link(draft, "dataset"), "Download the CSV", kind="bare small", download=True),
        link(draft_link(draft, "tools"), "Download tools.json", kind="bare small", download=True),
    ]
    made = Markup("<span>{}</span> ").format(origin.made) if origin.made else Markup("")
    return Markup('<div class="made">{}{}</div>').format(made, Markup("").join([*links, back, again]))
