"""Correcting an answer: the right call becomes a new row in a copy of the run's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data.calls import canonical_text, read_calls
from backend.data.fixing import append_row, check_row, rows_alike
from backend.data.tools import read_tools
from backend.errors import InputError
from backend.records import Issue
from backend.runs import Run
from ui.html import Part, button, callout, clicked, code, text
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.playground.history import FILE, Exchange
from ui.services import Origin

OPTIONS: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
LEAD = "Enter the right calls. The row is checked like any other and added to a copy of the data."
Added = dict[str, Any]
"""The draft that holds the rows of this session so far: `draft`, and how many `rows` there are."""


class CorrectForm(Panel):
    """A form below the answer, hidden until the visitor corrects an answer."""

    def __init__(self) -> None:
        self.added = gr.State({})
        with gr.Column(visible=False, elem_classes=["ft-card"], elem_id="correct") as self.box:
            self.lead = Part(
                Markup('<div class="card-head"><h2>Correct this answer</h2></div><p class="note">{}</p>').format(LEAD)
            )
            self.message = gr.Textbox(label="Message", lines=1, max_lines=4, elem_id="correct-message")
            self.calls = gr.Textbox(label="The right calls", lines=3, max_lines=12, elem_id="correct-calls")
            self.tools = Part(elem_id="correct-tools")
            with gr.Row(elem_classes=["ft-row", "ft-tight"]):
                self.add = gr.Button("Add to training data", variant="primary", scale=0, min_width=190)
                self.close = gr.Button("Close", scale=0, min_width=110)
        self.result = Part(elem_id="correct-result")

    def render(self, page_state: PageState) -> Updates:
        """Hide the form and forget the added rows when another run is opened."""
        run = str(page_state.location.run)
        return {
            self.added: KeyedUpdate(run, {}),
            self.box: KeyedUpdate(run, gr.update(visible=False)),
            self.result: KeyedUpdate(run, ""),
            self.tools: KeyedUpdate(run, lambda: _tools(page_state)),
        }

    def wire(self, page: Page, exchanges: gr.State, answer: gr.HTML) -> None:
        """Register the events: open the form for the latest answer, and add its row."""

        def open_form(exchanges: list[Exchange], event: gr.EventData) -> tuple[Any, ...]:
            if clicked(event).get("do") != "correct" or not exchanges:
                return (gr.skip(),) * 4
            return gr.update(visible=True), exchanges[0].message, right_calls(exchanges[0]), ""

        def add(
            location: dict[str, Any], message: str, calls: str, added: Added, request: gr.Request
        ) -> tuple[Any, ...]:
            page_state = page.page_state(location, request)
            try:
                now, message = add_row(page_state, message, calls, added)
            except InputError as error:
                return gr.skip(), gr.skip(), callout("error", "The row was not added", error)
            return now, gr.update(visible=now == added), message

        answer.act(open_form, exchanges, [self.box, self.message, self.calls, self.result], **OPTIONS)
        inputs = [page.location, self.message, self.calls, self.added]
        self.add.click(add, inputs, [self.added, self.box, self.result], **OPTIONS)
        self.close.click(lambda: (gr.update(visible=False), ""), None, [self.box, self.result], **OPTIONS)
        page.on_click(self.result, open_draft)


def right_calls(exchange: Exchange) -> str:
    """The form's initial calls: those that the data expects, else the file's answer."""
    answer = exchange.answers.get(FILE)
    calls = exchange.expected if exchange.expected is not None else answer.calls if answer else ()
    return canonical_text([(call.name, call.arguments) for call in calls])


def add_row(page_state: PageState, message: str, calls: str, added: Added) -> tuple[Added, Markup]:
    """The draft with the row, and a message about it; the same draft if the rules found an error.

    Raises InputError if no row can be added to the data, or if the draft of earlier rows is gone.
    """
    run = page_state.run
    if run is None:
        raise InputError("No run is open, so the row cannot be added. Open a run from the list.")
    issues = check_row(message.strip(), calls, run.tools_path, page_state.options)
    errors = [issue for issue in issues if issue.severity == "error"]
    if errors:
        return added, callout("error", "This row cannot be added yet", _listing(errors))
    source = page_state.services.upload_store.open(added["draft"]) if added.get("draft") else page_state.source
    if source is None:
        raise InputError("The run's data cannot be read, so no row can be added to it.")
    cell = read_calls(calls).canonical
    same = rows_alike(source.dataset, message)
    if any(read_calls(row.calls or "").canonical == cell for row in same):
        return added, callout("plain", "This row is in the data already", f"Line {same[0].line:,} is the same.")
    rows = added.get("rows", 0) + 1
    origin = Origin(
        run.config.allow_multiple_calls,
        run.config.allow_no_call,
        f"{text.count(rows, 'row')} added on the Try step of {run.name}.",
        added.get("draft"),
    )
    content = append_row(source.dataset, message.strip(), cell)
    draft = page_state.services.upload_store.add(content, source.tools, source.name, origin, source.test)
    said = _message(
        run, source.name, rows, [row.line for row in same], [issue for issue in issues if issue not in errors]
    )
    return {"draft": draft, "rows": rows}, callout("ok", "Added to a copy of the data", said, _onward(draft))


def open_draft(page_state: PageState, data: Mapping[str, str]) -> Location:
    """Open the draft in the Data step, with the run's settings. Raises InputError if the draft is gone."""
    draft = data.get("draft")
    if data.get("do") != "open" or not draft:
        return page_state.location
    page_state.services.upload_store.open(draft)
    return Location(data=draft, like=page_state.location.run)


def _message(run: Run, name: str, rows: int, alike: Sequence[int], notes: Sequence[Issue]) -> Markup:
    parts = [f"{name} has {text.count(rows, 'new row')} there. The data of the run “{run.name}” is unchanged."]
    if alike:
        lines = ", ".join(f"{line:,}" for line in alike[:5])
        parts.append(f"Line {lines} has the same message with another call: the Data step shows both.")
    return Markup("{}{}").format(" ".join(parts), Markup("<br>{}").format(_listing(notes)) if notes else "")


def _listing(issues: Sequence[Issue]) -> Markup:
    return Markup("<br>").join(f"{issue.message} {issue.fix or ''}".strip() for issue in issues)


def _onward(draft: str) -> Markup:
    return button("open", "Continue with it on Data", kind="primary", draft=draft)


def _tools(page_state: PageState) -> Markup:
    """The tools that a call may name, with their arguments."""
    known = read_tools(page_state.run.tools_path).tools if page_state.run else ()
    lines = (Markup("{} {}").format(code(tool.name), ", ".join(tool.properties) or "no arguments") for tool in known)
    return Markup('<p class="note">{}</p>').format(Markup(" · ").join(lines))
