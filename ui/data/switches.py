"""Switches for rows with several calls or none; both are off by default and become settings of the run."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from ui.data.settling import after_check
from ui.page import KeyedUpdate, Location, Page, PageState, Panel, Updates


class Switches(Panel):
    """Two switches; for a run they are read-only."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["ft-switches"], visible=False) as self.box:
            self.several = gr.Checkbox(label="Rows may call several tools", elem_id="allow-several", container=False)
            self.nothing = gr.Checkbox(label="Rows may call nothing", elem_id="allow-nothing", container=False)

    def render(self, page_state: PageState) -> Updates:
        """Show the values of the open data."""
        free = page_state.run is None
        options = page_state.options
        location = page_state.location
        key = f"{location.data} {location.run} {options.allow_multiple_calls} {options.allow_no_call}"
        return {
            self.box: gr.update(visible=page_state.source is not None and not page_state.covered),
            self.several: KeyedUpdate(key, gr.update(value=options.allow_multiple_calls, interactive=free)),
            self.nothing: KeyedUpdate(key, gr.update(value=options.allow_no_call, interactive=free)),
        }

    def wire(self, page: Page) -> None:
        """Register the switches: each change checks the data again."""
        switches = [self.several, self.nothing]
        for switch in switches:
            page.on(switch.input, _switch, switches)


def _switch(page_state: PageState, several: bool, nothing: bool) -> Location:
    """Open the same files with other options."""
    source = page_state.source
    if source is None or page_state.run is not None:
        return page_state.location
    origin = replace(source.origin, allow_multiple_calls=several, allow_no_call=nothing)
    draft = page_state.services.upload_store.add_changed(source, origin=origin)
    return after_check(page_state, Location(data=draft))
