"""QuietBlocks beside gr.Blocks: how many components are made anew for a handler that changes one of many outputs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.state_holder import SessionState

from ui.page.blocks import QuietBlocks

OUTPUTS = 20
Handler = Callable[[list[Block]], dict[Block, Any]]


def _answered(kind: type[gr.Blocks], handler: Handler) -> tuple[list[Any], int]:
    """What the browser is sent, and how many components are not those that the session had before."""
    with kind() as blocks:
        fields: list[Block] = [gr.Textbox() for _ in range(OUTPUTS)]
        blocks.load(lambda: None, None, fields)
    (listener,), session = blocks.fns.values(), SessionState(blocks)
    work = blocks.postprocess_data(listener, handler(fields), session)
    with ThreadPoolExecutor(1) as thread:  # a browser test of the same process leaves its loop running in this one
        sent = thread.submit(asyncio.run, work).result()
    return sent, sum(session[field._id] is not field for field in fields)


def _changes_one(fields: list[Block]) -> dict[Block, Any]:
    return {fields[3]: gr.update(value="new", label="New")}


def test_gradio_still_makes_every_output_anew() -> None:
    """QuietBlocks saves nothing any more once this fails: delete it then."""
    _, made = _answered(gr.Blocks, _changes_one)
    assert made == OUTPUTS


def test_what_a_handler_leaves_alone_is_not_made_anew() -> None:
    sent, made = _answered(QuietBlocks, _changes_one)
    assert made == 1
    assert sent == _answered(gr.Blocks, _changes_one)[0]


def test_a_handler_that_changes_nothing_makes_nothing() -> None:
    sent, made = _answered(QuietBlocks, lambda _: {})
    assert made == 0
    assert sent == [gr.skip()] * OUTPUTS
