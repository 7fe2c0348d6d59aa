"""The rows as they were read, and the prompt of each."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from backend.prompts import get_format
from backend.records import Example
from ui.data.editing import edit_link, open_place
from ui.html import Part, Slice, button, callout, clicked, page_number, table
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates

PAGE_SIZE = 25
CONTROL = re.compile(r"(</?[a-z_]+>)")
FORMATS = [("Native", "native"), ("JSON", "json")]
DECLARATIONS = [("Full", "full"), ("Names only", "names"), ("None", "none")]


SHOW_PROMPT = """
element.addEventListener('click', (event) => {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const card = event.target.closest('[data-do="row"]') && document.getElementById('prompt');
  card?.scrollIntoView({behavior: still ? 'auto' : 'smooth', block: 'nearest'});
});
"""


class Rows(Panel):
    """A search, the table of rows, and the prompt of the selected row."""

    def __init__(self) -> None:
        self.picked = gr.State(None)
        with gr.Column(elem_classes=["ft-card"]):
            self.search = gr.Textbox(
                placeholder="Search messages and calls", label="Search the rows", show_label=False, container=False,
                elem_classes=["ft-search"],
            )  # fmt: skip
            self.list = Part(elem_id="rows", also=SHOW_PROMPT)
        with gr.Column(elem_classes=["ft-card"]):
            with gr.Row(elem_classes=["ft-row"]):
                self.format = gr.Radio(FORMATS, value="native", label="Prompt format", elem_classes=["ft-segments"])
                self.declarations = gr.Radio(
                    DECLARATIONS, value="none", label="Tools in the prompt", elem_classes=["ft-segments"]
                )
            self.prompt = Part(elem_id="prompt")

    def render(self, page_state: PageState) -> Updates:
        """The first page of rows, and the first row's prompt."""
        report = page_state.report
        if report is None:
            return {}
        key, options = page_state.data_key, page_state.options
        first = report.examples[0].line if report.examples else None
        return {
            self.search: KeyedUpdate(key, ""),
            self.list: KeyedUpdate(key, lambda: row_list(page_state, "", _page_of(page_state))),
            self.picked: KeyedUpdate(key, first),
            self.format: KeyedUpdate(key, options.prompt_format),
            self.declarations: KeyedUpdate(key, options.declarations),
            self.prompt: KeyedUpdate(
                key, lambda: prompt_view(page_state, first, options.prompt_format, options.declarations)
            ),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the search, the pager and the rows' buttons."""

        def click(
            location: dict[str, Any],
            search: str | None,
            picked: int | None,
            fmt: Any,
            shown: Any,
            event: gr.EventData,
            request: gr.Request,
        ) -> Any:
            page_state, data = page.page_state(location, request), clicked(event)
            if data.get("do") == "edit":
                return (gr.skip(),) * 3
            if data.get("do") == "page":
                return row_list(page_state, search or "", page_number(data.get("page"))), gr.skip(), gr.skip()
            line = int(data["line"]) if data.get("line", "").isdecimal() else picked
            return gr.skip(), line, prompt_view(page_state, line, fmt, shown)

        def find(location: dict[str, Any], search: str | None, request: gr.Request) -> str:
            return row_list(page.page_state(location, request), search or "", 0)

        def show(location: dict[str, Any], line: int | None, fmt: Any, shown: Any, request: gr.Request) -> str:
            return prompt_view(page.page_state(location, request), line, fmt, shown)

        settings = [self.picked, self.format, self.declarations]
        self.list.act(click, [page.location, self.search, *settings], [self.list, self.picked, self.prompt], **QUICK)
        self.search.change(find, [page.location, self.search], self.list, trigger_mode="always_last", **QUICK)
        page.on_click(self.list, open_place)
        gr.on([self.format.input, self.declarations.input], show, [page.location, *settings], self.prompt, **QUICK)


def row_list(page_state: PageState, search: str, page: int) -> Markup:
    """One page of the rows that contain the searched text."""
    rows = page_state.report.table if page_state.report else ()
    wanted = search.strip().casefold()
    found = [row for row in rows if wanted in f"{row.user_message}\n{row.tool_calls}".casefold()] if wanted else rows
    if not found:
        none = f"No row contains “{search}”." if wanted else "The file has no rows."
        return Markup('<p class="note">{}</p>').format(none)
    part = Slice.of(found, page, PAGE_SIZE)
    cells = [
        [f"{row.line:,}", row.user_message, Markup('<span class="call-line">{}</span>').format(row.tool_calls),
         _actions(row.line)]
        for row in part.items
    ]  # fmt: skip
    return Markup("").join(
        [table(["Line", "user_message", "tool_calls", ""], cells, kind="rows", caption="Rows"), part.pager()]
    )


def _actions(line: int) -> Markup:
    edit = edit_link("Edit", f"row:{line}", kind="bare small", title=f"Edit line {line}")
    prompt = button("row", "Prompt", kind="bare small", title=f"Show the prompt of line {line}", line=line)
    return Markup('<span class="pair">{}{}</span>').format(edit, prompt)


def _page_of(page_state: PageState) -> int:
    """The page with the row that was edited last, or with the next one if it was deleted; else the first page."""
    line = page_number(page_state.location.row)
    rows = page_state.report.table if page_state.report and line else ()
    return bisect_left(rows, line, key=lambda row: row.line) // PAGE_SIZE


def prompt_view(page_state: PageState, line: int | None, fmt: Any, declarations: Any) -> Markup:
    """What the model reads for the row of that line, and what it must write."""
    report = page_state.report
    example = _example(report.examples if report else (), line)
    if report is None or example is None:
        return callout("plain", "No prompt", "Select a row without errors to see its prompt.")
    try:
        prompt_format = get_format(fmt, declarations)
        prompt = prompt_format.prompt(report.tools, example.message)
        answer = prompt_format.completion(example.calls, example.answer)
    except InputError as error:
        return callout("error", "This row cannot be rendered", error)
    title = Markup('<p class="note">Line {:,}: what the model reads</p>').format(example.line)
    return Markup('<div class="stack">{}{}<p class="note">What it must write</p>{}</div>').format(
        title, listing(prompt), listing(answer, "answer")
    )


def listing(content: str, kind: str = "") -> Markup:
    """A prompt in the fixed-width font, its control tokens in colour."""
    token = Markup('<span class="mark-token">{}</span>')
    marked = Markup("").join(token.format(part) if at % 2 else part for at, part in enumerate(CONTROL.split(content)))
    return Markup('<pre class="listing {}" tabindex="0">{}</pre>').format(kind, marked)


def _example(examples: tuple[Example, ...], line: int | None) -> Example | None:
    return next((example for example in examples if example.line == line), None)
