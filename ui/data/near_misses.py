"""Near misses: the user's own messages about the subject of the tools that no tool can carry out."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import gradio as gr
from markupsafe import Markup

from backend.errors import InputError
from backend.off_topic import near_misses, read_near_misses
from ui.guard import storable
from ui.html import Part, callout, text
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates
from ui.services import stamp

TITLE = Markup(
    '<div class="card-head"><h2>Near misses</h2></div>'
    '<p class="note">Messages about the subject of your tools that no tool can carry out. For a cycling app: “cycling '
    "is fun”, “how heavy is a racing bike”. They are the hardest to leave unanswered, because their words are those of "
    "your rows, and only you know what your tools cannot do. Every evaluation asks them as a kind of their own.</p>"
)
TAUGHT = (
    "They are asked only, never taught. To teach such messages, add other ones to your CSV as rows without a call: "
    "tool_calls is [], and “Rows may call nothing” is on."
)
PLACEHOLDER = "cycling is fun\nhow heavy is a racing bike"


class NearMisses(Panel):
    """A text box with a message on each line, and the button that stores it with the data; a run only shows them."""

    def __init__(self) -> None:
        with gr.Column(elem_classes=["ft-card"], elem_id="near-misses"):
            self.title = Part(TITLE)
            with gr.Column() as self.editor:
                self.box = gr.Textbox(
                    "",
                    label="Near misses",
                    info="One message on each line.",
                    lines=5,
                    max_lines=14,
                    placeholder=PLACEHOLDER,
                )
                with gr.Row(elem_classes=["ft-buttons"]):
                    self.save = gr.Button("Save near misses", elem_id="save-near-misses")
                self.problem = Part(elem_id="near-misses-problem")
            self.state = Part(elem_id="near-misses-state")

    def render(self, page_state: PageState) -> Updates:
        """The stored messages; a text that is not stored yet stays in the box."""
        free, (stored, problem) = page_state.run is None, _stored(page_state)
        written = "\n".join(stored)
        key = f"{page_state.data_key} {written}"
        return {
            self.editor: gr.update(visible=free),
            self.box: KeyedUpdate(key, written),
            self.problem: KeyedUpdate(key, ""),
            self.state: _state(stored, problem, free=free),
        }

    def wire(self, page: Page) -> None:
        """Register the button: it stores the messages, or says beside it why they cannot be stored."""
        page.on(self.save.click, _save, [self.box])
        self.save.click(_problem, self.box, self.problem, **QUICK)


def _stored(page_state: PageState) -> tuple[tuple[str, ...], str]:
    """The messages of the open data, and the reason if they cannot be read."""
    path = page_state.source.near_misses if page_state.source else None
    return _read(path, stamp(path)) if path else ((), "")


@lru_cache(maxsize=64)
def _read(path: Path, _stamp: tuple[int, int]) -> tuple[tuple[str, ...], str]:
    """The messages in a file, read again only if the stamp differs, and the reason if they cannot be read."""
    try:
        return tuple(message.text for message in read_near_misses(path)), ""
    except InputError as error:
        return (), str(error)


def _save(page_state: PageState, written: str | None) -> Location:
    """Store the messages with the data; if there are too many, or if one is too long, the page stays as it is."""
    source = page_state.source
    if source is None or page_state.run is not None or _problem(written):
        return page_state.location
    found = near_misses(storable(written or ""))
    content = "\n".join(message.text for message in found).encode()
    draft = page_state.services.upload_store.add_changed(source, near_misses=content)
    return replace(page_state.location, data=draft)


def _problem(written: str | None) -> Markup:
    """The reason why the messages cannot be stored; empty if they can."""
    try:
        near_misses(written or "")
    except InputError as error:
        return callout("error", "The near misses were not saved", error)
    return Markup("")


def _state(stored: tuple[str, ...], problem: str, *, free: bool) -> Markup:
    """How many messages are stored, and how such messages are taught; those of a run are listed."""
    asked = f"{text.count(len(stored), 'near miss', 'near misses')} stored with this data. " if stored else ""
    said = Markup('<p class="note">{}</p>').format(problem or f"{asked}{TAUGHT}")
    if free or not stored:
        return said
    items = Markup("").join(Markup("<li>{}</li>").format(message) for message in stored)
    return Markup('<div class="stack"><ul class="examples">{}</ul>{}</div>').format(items, said)
