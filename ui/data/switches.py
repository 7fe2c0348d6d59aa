"""What a row may hold besides exactly one call: both off by default, and part of every run made of the data."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from ui.data.upload import settled
from ui.page.location import Place
from ui.page.page import Page
from ui.page.state import Scene
from ui.page.updates import Holder, Keyed, Wanted


class Switches(Holder):
    """Two switches; those of a run only show what it was made with."""

    def __init__(self) -> None:
        with gr.Row(elem_classes=["ft-switches"], visible=False) as self.box:
            self.several = gr.Checkbox(label="Rows may call several tools", elem_id="allow-several", container=False)
            self.nothing = gr.Checkbox(label="Rows may call nothing", elem_id="allow-nothing", container=False)

    def paint(self, scene: Scene) -> Wanted:
        """As the data has them."""
        free = scene.run is None
        options = scene.options
        key = f"{scene.place.data} {scene.place.run} {options.allow_multiple_calls} {options.allow_no_call}"
        return {
            self.box: gr.update(visible=scene.source is not None and scene.plan is None),
            self.several: Keyed(key, gr.update(value=options.allow_multiple_calls, interactive=free)),
            self.nothing: Keyed(key, gr.update(value=options.allow_no_call, interactive=free)),
        }

    def wire(self, page: Page) -> None:
        """Check the data anew under other rules."""
        switches = [self.several, self.nothing]
        for switch in switches:
            page.on(switch.input, _switch, switches)


def _switch(scene: Scene, several: bool, nothing: bool) -> Place:
    """The same files, with other rules."""
    source = scene.source
    if source is None or scene.run is not None:
        return scene.place
    origin = replace(source.origin, allow_multiple_calls=several, allow_no_call=nothing)
    draft = scene.services.drafts.add(source.dataset, source.tools, source.name, origin, source.test)
    return settled(scene, Place(data=draft))
