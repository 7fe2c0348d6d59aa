"""The preview of fixes: every change with its line, before and after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data.text import Change, FixPlan, escape
from ui.data.groups import ranges
from ui.html import Part, Slice, button, callout, card, clicked, code, page_number, progress, table, text
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import UploadedData
from ui.work import FixRequest

PAGE_SIZE = 12
LONGEST = 1500
"""Characters up to which two texts are compared in detail; longer ones would block the page."""
SHOWN = 600
FILES = {"csv": "CSV", "tools": "tools.json"}
_PIECES = re.compile(r"\w+|\s+|.", re.DOTALL)


def change_list(changes: Sequence[Change], page: int) -> Markup:
    """One page of the changes."""
    part = Slice.of(changes, page, PAGE_SIZE)
    rows = [[_where(change), _change(change)] for change in part.items]
    return Markup("").join([table(["Where", "Change"], rows, kind="changes", caption="What will change"), part.pager()])


def _where(change: Change) -> Markup:
    column = Markup("<div>{}</div>").format(code(change.column)) if change.column else ""
    place = f"{FILES[change.file]}, line {change.line:,}" if change.line else FILES[change.file]
    return Markup('<div>{}</div>{}<div class="rule">{}</div>').format(place, column, change.code)


def _change(change: Change) -> Markup:
    if change.dropped:
        return Markup('<div class="diff"><del><b>Row dropped</b> {}</del></div>').format(_cut(change.before))
    before, after = marked(change.before, change.after)
    return Markup(
        '<div class="diff"><del><span class="unseen">before: </span>{}</del>'
        '<ins><span class="unseen">after: </span>{}</ins></div>'
    ).format(before, after)


def marked(before: str, after: str) -> tuple[Markup, Markup]:
    """Both texts, with their differences marked and their invisible characters written out."""
    one, other = escape(before), escape(after)
    if max(len(one), len(other)) > LONGEST:
        return _cut(one), _cut(other)
    first, second = _PIECES.findall(one), _PIECES.findall(other)
    left, right = [], []
    for kind, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        left.append(_piece(first[a:b], kind != "equal"))
        right.append(_piece(second[c:d], kind != "equal"))
    return Markup("").join(left) or Markup("–"), Markup("").join(right) or Markup("–")


def _piece(pieces: Sequence[str], differs: bool) -> Markup:
    content = Markup.escape("".join(pieces))
    return Markup("<mark>{}</mark>").format(content) if differs and content else content


def _cut(content: str) -> Markup:
    shown = escape(content)
    return Markup.escape(shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…")


class Fixes(Panel):
    """The summary of the changes with Apply and Cancel, and the list of changes."""

    def __init__(self) -> None:
        with gr.Column(visible=False) as self.box:
            self.head = Part(elem_id="fixes")
            with gr.Column(elem_classes=["ft-card"], visible=False) as self.changes_box:
                self.changes = Part(elem_id="changes")

    def render(self, page_state: PageState) -> Updates:
        """The preview, if the location names one."""
        plan = page_state.plan.result if page_state.plan else None
        key = f"{page_state.data_key} {page_state.location.fixing} {plan is not None}"
        return {
            self.box: gr.update(visible=page_state.plan is not None),
            self.head: _head(page_state),
            self.changes_box: gr.update(visible=bool(plan and plan.changes)),
            self.changes: KeyedUpdate(key, lambda: change_list(plan.changes, 0) if plan else ""),
        }

    def wire(self, page: Page) -> None:
        """Register the events of Apply, Cancel and the pager."""

        def turn_page(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> str:
            page_state = page.page_state(location, request)
            found = page_state.plan.result if page_state.plan else None
            return change_list(found.changes, page_number(clicked(event).get("page"))) if found else ""

        page.on_click(self.head, _click)
        self.changes.act(turn_page, page.location, self.changes, **QUICK)


def _click(page_state: PageState, data: dict[str, str]) -> Location:
    """Apply the shown fixes to a new draft, or cancel."""
    plan = page_state.plan.result if page_state.plan else None
    if data.get("do") != "apply" or plan is None or page_state.source is None:
        return replace(page_state.location, fixing=None)
    location = Location(data=add_fixed(page_state, page_state.source, plan))
    check = replace(page_state, location=location).check
    if check:
        check.done.wait(1.0)
    return location


def add_fixed(page_state: PageState, source: UploadedData, plan: FixPlan) -> str:
    """Store the open data with the planned fixes, and return its id. Raises InputError if that is not possible."""
    origin = replace(source.origin, made=made(plan), parent=page_state.location.data)
    return page_state.services.upload_store.add_changed(
        source, dataset=_written(plan.csv_text), tools=_written(plan.tools_text), origin=origin
    )


def made(plan: FixPlan) -> str:
    """A summary of the applied fixes, such as `Fixed: 12 changes on 9 lines of the CSV. 1 row dropped: line 7.`"""
    return f"Fixed: {_sizes(plan.changes)}.{_dropped(plan)}"


def _head(page_state: PageState) -> Markup:
    task, request = page_state.plan, page_state.fix_request
    if task is None or request is None:
        return Markup("")
    cancel = button("cancel", "Cancel")
    if task.error:
        return callout("error", "These fixes cannot be planned", task.error, cancel)
    if task.result is None:
        return card(_title(request), progress(None, "Planning the changes"), aside=cancel)
    if not task.result.changes:
        body = "No row would change. Correct the remaining problems in the file by hand, then upload it again."
        return card(
            _title(request), Markup("<p>{}</p><div class='actions'>{}</div>").format(body, button("cancel", "Back"))
        )
    return card(_title(request), _question(request, task.result))


def _question(request: FixRequest, plan: FixPlan) -> Markup:
    copy = "Your files are not changed. The fixed copy is opened and checked again."
    says = Markup('<p class="summary">{}.{}</p><p class="note">{}</p>').format(
        _sizes(plan.changes), _dropped(plan), copy
    )
    actions = Markup("").join([button("apply", "Apply", kind="primary"), button("cancel", "Cancel")])
    return Markup('<div class="stack">{}{}<div class="actions">{}</div></div>').format(_warning(request), says, actions)


def _warning(request: FixRequest) -> Markup:
    rule = request.rule
    if request.leave_out:
        return callout("warn", "These rows will not be in the set", "Nothing is trained on them or tested with them.")
    if rule is None or rule.safe:
        return Markup("")
    title = (
        "Review these changes: they change what the model sees and what an app accepts"
        if rule.scope == "values"
        else "Review these changes: they may change what a row means"
    )
    return callout("warn", title, rule.explanation)


def _title(request: FixRequest) -> str:
    line = f", line {request.line:,}" if request.line is not None else ""
    if request.leave_out:
        why = f": {request.rule.title[0].lower()}{request.rule.title[1:]}" if request.rule else ""
        return f"Leave out rows with errors{why}{line}"
    if request.rule is None:
        return "Fix all safe problems"
    return f"Fix: {request.rule.title[0].lower()}{request.rule.title[1:]}{line}"


def _sizes(changes: tuple[Change, ...]) -> str:
    """`12 changes in 9 rows, 1 in tools.json`."""
    rows = {change.line for change in changes if change.file == "csv"}
    parts = []
    if rows:
        count = sum(change.file == "csv" for change in changes)
        parts.append(f"{text.count(count, 'change')} on {text.count(len(rows), 'line')} of the CSV")
    tools = sum(change.file == "tools" for change in changes)
    if tools:
        parts.append(f"{text.count(tools, 'change')} in tools.json")
    return ", ".join(parts)


def _dropped(plan: FixPlan) -> str:
    lines = sorted(set(plan.dropped_lines))
    return f" {text.count(len(lines), 'row')} dropped: {ranges(lines)}." if lines else ""


def _written(content: str) -> bytes:
    return content.encode("utf-8", "surrogatepass")
