"""gr.Blocks that takes files from uploads alone, whatever a request says of its inputs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState
from starlette.datastructures import Headers

from ui.guard import FILES, NOT_YOURS, Guard, refuse_files_in_answer, storable, without_foreign_files
from ui.page.blocks import QuietBlocks


class GuardedBlocks(QuietBlocks):
    """Blocks behind which every way into a handler passes: run, call, queue and the API.

    Gradio checks paths only while `has_launched` is set, and a mounted page is never launched (gradio 6.31, read on
    2026-11-27); it is set here. What a request brings is checked before Gradio looks at it, and not by Gradio alone.
    """

    def __init__(self, guard: Guard, **options: Any) -> None:
        super().__init__(**options)
        self._guard = guard
        self.has_launched = True

    async def process_api(
        self,
        block_fn: BlockFunction | int,
        inputs: list[Any],
        state: SessionState | None = None,
        request: gr.Request | list[gr.Request] | None = None,
        iterator: AsyncIterator[Any] | None = None,
        session_hash: str | None = None,
        *others: Any,
        **named: Any,
    ) -> dict[str, Any]:
        """Carry out a request; gr.Error if an input names a file that it may not, or the session is another's."""
        listener = self.fns[block_fn] if isinstance(block_fn, int) else block_fn
        sender = request[0] if isinstance(request, list) and request else request
        headers = Headers(sender.request.headers) if isinstance(sender, gr.Request) and sender.request else Headers()
        if session_hash is not None and not self._guard.sessions.may_use(session_hash, self._guard.marks(headers)):
            raise gr.Error(NOT_YOURS, print_exception=False)
        checked = without_foreign_files(listener.inputs, inputs, self._guard.uploads, self._guard.owner(headers))
        try:
            return await super().process_api(
                block_fn, storable(checked), state, request, iterator, session_hash, *others, **named
            )
        finally:
            if any(isinstance(block, FILES) for block in listener.inputs):
                self._guard.uploads.tidy()

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
