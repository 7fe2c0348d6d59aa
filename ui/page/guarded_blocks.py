"""gr.Blocks that accepts only uploaded files as inputs, whatever a request contains."""

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
    """Blocks that check every call of a handler: by run, call, queue and API.

    Gradio checks paths only while `has_launched` is set, and a mounted page is never launched (gradio 6.31, read on
    2026-11-27); it is set here. A request's values are checked before Gradio processes them, and not by Gradio only.
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
        """Process a request. Raises gr.Error if an input names a forbidden file, or another browser's session."""
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
        """The browser's value for each output. Raises gr.Error if Gradio would treat a value as a server file."""
        refuse_files_in_answer(_values(predictions))
        return await super().postprocess_data(block_fn, predictions, state)


def _values(predictions: list[Any] | dict[Any, Any]) -> Iterable[Any]:
    """The values that a handler returned, without their components."""
    if isinstance(predictions, dict) and all(isinstance(key, Block) for key in predictions):
        return predictions.values()
    return [predictions]
