"""Step 1, Data: upload two files, and see their contents and problems."""

from __future__ import annotations

import gradio as gr
from markupsafe import Markup

from ui.data.editing import Editing, open_place
from ui.data.fixes import Fixes
from ui.data.growing import Growing
from ui.data.label_review import ReviewRows
from ui.data.lengths import Lengths, token_budget
from ui.data.near_misses import NearMisses
from ui.data.off_topic import OffTopicMessages
from ui.data.problems import Problems
from ui.data.rows import Rows
from ui.data.status import click, data_state
from ui.data.switches import Switches
from ui.data.test_rows import OwnTestRows
from ui.data.tools import tool_list
from ui.data.upload import Uploads
from ui.data.values import value_counts
from ui.html import Chart, Part, heading, tool_counts
from ui.page import KeyedUpdate, Page, PageState, Panel, Updates

LEAD = "Upload two files: the tools of your app, and example messages with the right tool calls."
COUNTS_TITLE = Markup('<div class="card-head"><h2>Rows per tool</h2></div>')


class DataStep(Panel):
    """The step's components."""

    def __init__(self) -> None:
        self.heading = Part(heading("Data", LEAD))
        self.state = Part(elem_id="data-state")
        self.uploads = Uploads()
        self.switches = Switches()
        self.fixes = Fixes()
        self.editing = Editing()
        self.growing = Growing()
        with gr.Column(visible=False) as self.found, gr.Tabs(elem_classes=["ft-tabs"], overflow_behavior="wrap"):
            with gr.Tab("Problems", id="problems"):
                self.problems = Problems()
            with gr.Tab("Tools", id="tools"):
                self.tool_list = Part(elem_id="tool-list")
                with gr.Column(elem_classes=["ft-card"]):
                    self.counts_title = Part(COUNTS_TITLE)
                    self.counts = Chart("Rows per tool", elem_id="tool-counts")
                self.values = Part(elem_id="values")
            with gr.Tab("Rows", id="rows"):
                self.rows = Rows()
            with gr.Tab("Tokens", id="tokens"):
                self.tokens = Part(elem_id="tokens")
                self.lengths = Lengths()
            with gr.Tab("Labels", id="labels"):
                self.review = ReviewRows()
            with gr.Tab("Off-topic", id="off-topic"):
                self.off_topic = OffTopicMessages()
                self.near_misses = NearMisses()
            with gr.Tab("Test", id="test"):
                self.test_rows = OwnTestRows()

    def render(self, page_state: PageState) -> Updates:
        """The upload fields if there is no data, else the check's result or the preview of fixes."""
        report, key = page_state.report, page_state.data_key
        wanted: Updates = {
            self.state: data_state(page_state),
            self.found: gr.update(visible=report is not None and not page_state.covered),
            **self.uploads.render(page_state),
            **self.switches.render(page_state),
            **self.fixes.render(page_state),
            **self.editing.render(page_state),
            **self.growing.render(page_state),
        }
        if report is not None:
            wanted |= {
                self.tool_list: KeyedUpdate(key, lambda: tool_list(report)),
                self.counts: KeyedUpdate(key, lambda: tool_counts(report.per_tool) if report.per_tool else ""),
                self.values: KeyedUpdate(key, lambda: value_counts(report)),
                self.tokens: KeyedUpdate(key, lambda: token_budget(report)),
                **self.problems.render(page_state),
                **self.rows.render(page_state),
                **self.lengths.render(page_state),
                **self.review.render(page_state),
                **self.off_topic.render(page_state),
                **self.near_misses.render(page_state),
                **self.test_rows.render(page_state),
            }
        return wanted

    def wire(self, page: Page) -> None:
        """Register each part's events."""
        page.on_click(self.state, click)
        page.on_click(self.tool_list, open_place)
        for part in (
            self.uploads,
            self.switches,
            self.fixes,
            self.editing,
            self.growing,
            self.problems,
            self.rows,
            self.lengths,
            self.review,
        ):
            part.wire(page)
        self.off_topic.wire(page)
        self.near_misses.wire(page)
        self.test_rows.wire(page)
