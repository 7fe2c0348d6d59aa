"""The upload of the two files, and the example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from backend.data.imports import GivenFile, ImportedSet, ImportSummary, Role
from backend.errors import InputError
from ui.data.editing import begin
from ui.data.settling import after_check
from ui.html import Part, button, callout, card, link, progress
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import EXAMPLE, EXAMPLE_FILES, IMPORT_BOUNDS, Origin

INTRO = (
    "This page trains FunctionGemma, a small language model of Google, to call the tools of your app. You get a "
    ".litertlm file for a phone, and its accuracy on messages that it has not seen."
)
HINTS = {
    "tools": "A list of functions, each with a name, a description and its parameters as a JSON schema. Not needed if "
    "the examples declare their tools.",
    "dataset": 'Two columns: user_message, and tool_calls as JSON, such as [{"name": …, "args": {…}}]. Chat messages, '
    "ShareGPT, xLAM and Tuning Lab rows are read too, as CSV, TSV, JSON, JSONL, Parquet, XLSX, ODS, or a zip of both, "
    "up to 20 MB.",
}
WAITED_SECONDS = IMPORT_BOUNDS.seconds + 30.0
"""The longest wait for the reading of uploaded files, with its turn after others."""


class Uploads(Panel):
    """The two upload fields, and the example below them."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"]) as self.box:
            Part(Markup('<p class="intro">{}</p>').format(INTRO))
            with gr.Row(elem_classes=["ft-row"]):
                self.tools = _upload("tools.json", "upload-tools", HINTS["tools"])
                self.dataset = _upload("Examples", "upload-csv", HINTS["dataset"])
            self.offer = Part(elem_id="data-offer")

    def render(self, page_state: PageState) -> Updates:
        """Show empty fields if there is no data."""
        key = str(page_state.source is None)
        return {
            self.box: gr.update(visible=page_state.source is None),
            self.offer: _offer(page_state),
            self.tools: KeyedUpdate(key, None),
            self.dataset: KeyedUpdate(key, None),
        }

    def wire(self, page: Page) -> None:
        """Register the uploads and the example."""
        files = [self.tools, self.dataset]
        for upload in files:
            page.on(upload.upload, _take, files)
        page.on_click(self.offer, _begin)


def _begin(page_state: PageState, data: dict[str, str]) -> Location:
    """Open the example or a set without rows and tools, or stop the reading of files."""
    if data.get("do") == "stop":
        if reading := page_state.services.checker.reading(page_state.services.owner):
            reading.stop.set()
        return page_state.location
    return begin(page_state) if data.get("do") == "begin" else after_check(page_state, Location(data=EXAMPLE))


def _upload(label: str, elem_id: str, hint: str) -> gr.File:
    """An upload field with a line below that describes the file.

    It takes several files of any ending, because a phone's file picker greys out endings that it does not know.
    """
    with gr.Column(min_width=240):
        field = gr.File(label=label, file_count="multiple", height=132, elem_classes=["ft-upload"], elem_id=elem_id)
        Part(Markup('<p class="file-hint">{}</p>').format(hint))
    return field


def _take(page_state: PageState, tools: list[str] | None, dataset: list[str] | None) -> Location:
    """Read the uploaded files, store them in the standard form, and open them once they are complete."""
    given = (*_given(tools, "tools"), *_given(dataset, "rows"))
    if not given:
        return replace(page_state.location, missing=None)
    found = files_read(page_state, given)
    if found.missing:
        return replace(page_state.location, missing=found.missing)
    draft = page_state.services.upload_store.add(found.dataset, found.tools, found.name, origin_of(found.summary))
    return after_check(page_state, Location(data=draft))


def files_read(page_state: PageState, given: tuple[GivenFile, ...]) -> ImportedSet:
    """What uploaded files hold. Raises InputError if they cannot be read."""
    reading = page_state.services.checker.imported(given, page_state.services.owner)
    if not reading.done.wait(WAITED_SECONDS):
        raise InputError("Many files are being read on this server. Upload yours again in a minute.")
    if reading.stop.is_set():
        raise InputError("You stopped the reading of these files. Upload them again, or use other files.")
    if reading.result is None:
        raise InputError(reading.error or "The files could not be read. Upload them again.")
    return reading.result


def _given(paths: list[str] | None, role: Role) -> list[GivenFile]:
    return [GivenFile(Path(path), Path(path).name, role) for path in paths or ()]


def origin_of(summary: ImportSummary) -> Origin:
    """The facts about imported files: what was read, and the calls per row that occur in them."""
    if not summary.format:
        return Origin()
    return Origin(
        allow_multiple_calls=summary.several_calls > 0,
        allow_no_call=summary.no_calls > 0,
        read="\n".join(summary.sentences),
    )


def _offer(page_state: PageState) -> Markup:
    """What is being read; else the example, the empty set, and which file is missing."""
    if reading := page_state.services.checker.reading(page_state.services.owner):
        doing = progress(None, reading.doing or "Waiting for its turn after other files")
        return card("Reading your files", doing, aside=button("stop", "Stop", kind="quiet small"))
    missing = page_state.location.missing
    links = [link(f"examples/{name}", name, kind="bare small", download=True) for name in EXAMPLE_FILES]
    buttons = button("example", "Use the example", kind="primary") + button("begin", "Build a set here")
    offer = Markup('<div class="offer">{}<span class="note">The example as a template: {}</span></div>').format(
        buttons, Markup("").join(links)
    )
    return callout("plain", "One file is missing", missing) + offer if missing else offer
