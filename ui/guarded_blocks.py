"""gr.Blocks that takes files from uploads alone, whatever a request says of its inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState

from ui.guard import FILES, Browsers, Uploads, refuse_files_in_answer, storable, without_foreign_files
from ui.quiet_blocks import QuietBlocks


class GuardedBlocks(QuietBlocks):
    """Blocks behind which every way into a handler passes: run, call, queue and the API.

    Gradio checks paths only while `has_launched` is set, and a mounted page is never launched (gradio 6.31, read on
    2026-11-27); it is set here. What a request brings is checked before Gradio looks at it, and not by Gradio alone.
    """

    def __init__(self, uploads: Uploads, browsers: Browsers, **options: Any) -> None:
        super().__init__(**options)
        self._uploads = uploads
        self._browsers = browsers
        self.has_launched = True

    async def process_api(
        self,
        block_fn: BlockFunction | int,
        inputs: list[Any],
        state: SessionState | None = None,
        request: gr.Request | list[gr.Request] | None = None,
        *others: Any,
        **named: Any,
    ) -> dict[str, Any]:
        """Carry out a request; gr.Error where an input names a file that it may not."""
        listener = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        sender = request[0] if isinstance(request, list) and request else request
        owner = self._browsers.owner(sender.headers, sender.cookies) if isinstance(sender, gr.Request) else ""
        checked = storable(without_foreign_files(listener.inputs, inputs, self._uploads, owner))
        try:
            return await super().process_api(block_fn, checked, state, request, *others, **named)
        finally:
            if any(isinstance(block, FILES) for block in listener.inputs):
                self._uploads.tidy()

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """What the browser is sent for each output; gr.Error where a value would be taken for a file of the server."""
        refuse_files_in_answer(_values(predictions))
        return await super().postprocess_data(block_fn, predictions, state)


def _values(predictions: list[Any] | dict[Any, Any]) -> Iterable[Any]:
    """What a handler returned, without the names of the components that it is for."""
    if isinstance(predictions, dict) and all(isinstance(key, Block) for key in predictions):
        return predictions.values()
    return [predictions]
