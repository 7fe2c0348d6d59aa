"""gr.Blocks that processes only the outputs that changed."""

from __future__ import annotations

import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState


class QuietBlocks(gr.Blocks):
    """Blocks whose handlers may have many outputs and change few of them.

    Gradio makes a new component for every output that a handler leaves alone. That cost a render of this page a quarter
    of a second of a core. Here, an output that a handler's dict does not name is skipped at once. Read in Gradio 6.31.0
    on 2026-11-28: gradio/blocks.py, `postprocess_data`, the branch of `is_prop_update`. No issue found, 2026-11-28.
    tests/unit/ui/test_blocks.py counts the components and fails once Gradio makes no more of them.
    """

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[Any, Any], state: SessionState | None
    ) -> list[Any]:
        """The browser's value for each output: the new value, or a marker to skip it."""
        outputs = list(block_fn.outputs)
        if not isinstance(predictions, dict) or not all(isinstance(key, Block) for key in predictions):
            return await super().postprocess_data(block_fn, predictions, state)
        changed = [block for block in outputs if block in predictions]
        if not changed or len(changed) < len(predictions):  # nothing, or not an output: Gradio's own handling and error
            found = [] if not predictions else await super().postprocess_data(block_fn, predictions, state)
            return found or [_left_alone(block) for block in outputs]
        part = copy.copy(block_fn)
        part.outputs = changed
        values = [predictions[block] for block in changed]
        sent = await super().postprocess_data(part, values[0] if len(values) == 1 else values, state)
        made = dict(zip([block._id for block in changed], sent, strict=True))
        return [made[block._id] if block._id in made else _left_alone(block) for block in outputs]


def _left_alone(block: Block) -> Any:
    return None if block.stateful else gr.skip()
