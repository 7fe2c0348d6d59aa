"""The upload of the two files, and the example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from ui.html import Part, button, link
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import EXAMPLE, EXAMPLE_FILES

HINTS = {
    "tools": "A list of functions, each with a name, a description and its parameters as a JSON schema.",
    "dataset": 'Two columns: user_message, and tool_calls as JSON, such as [{"name": …, "args": {…}}].',
}
SETTLE_SECONDS = 0.7


class Uploads(Panel):
    """The two upload fields, and the example below them."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]) as self.box:
            with gr.Row(elem_classes=["ft-row"]):
                self.tools = _upload("tools.json", ".json", "upload-tools", HINTS["tools"])
                self.dataset = _upload("Examples (CSV)", ".csv", "upload-csv", HINTS["dataset"])
            self.offer = Part(elem_id="data-offer")

    def render(self, page_state: PageState) -> Updates:
        """Show empty fields if there is no data."""
        key = str(page_state.source is None)
        return {
            self.box: gr.update(visible=page_state.source is None),
            self.offer: _offer(),
            self.tools: KeyedUpdate(key, None),
            self.dataset: KeyedUpdate(key, None),
        }

    def wire(self, page: Page) -> None:
        """Register the uploads and the example."""
        files = [self.tools, self.dataset]
        for upload in files:
            page.on(upload.upload, _take, files)
        page.on_click(self.offer, lambda page_state, _data: after_check(page_state, Location(data=EXAMPLE)))


def after_check(page_state: PageState, location: Location) -> Location:
    """The location, after a short wait for its check, because most checks take less than a second."""
    opened = replace(page_state, location=location)
    if opened.source_error:
        raise InputError(opened.source_error)
    if opened.check:
        opened.check.done.wait(SETTLE_SECONDS)
    return location


def _upload(label: str, ending: str, elem_id: str, hint: str) -> gr.File:
    """An upload field with a line below that describes the file."""
    with gr.Column(min_width=240):
        field = gr.File(label=label, file_types=[ending], height=132, elem_classes=["ft-upload"], elem_id=elem_id)
        Part(Markup('<p class="file-hint">{}</p>').format(hint))
    return field


def _take(page_state: PageState, tools: str | None, dataset: str | None) -> Location:
    """Store both files and open them, once both are uploaded."""
    if not tools or not dataset:
        return page_state.location
    return after_check(page_state, Location(data=page_state.services.upload_store.add(Path(dataset), Path(tools))))


def _offer() -> Markup:
    links = [link(f"examples/{name}", name, kind="bare small", download=True) for name in EXAMPLE_FILES]
    return Markup('<div class="offer">{}<span class="note">or download it as a template: {}</span></div>').format(
        button("example", "Use the example", kind="primary"), Markup("").join(links)
    )
