"""Painting each part of the page on its own, so that a fault in one leaves the others as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from ui.html import callout
from ui.page.updates import KeyedUpdate, Updates, value_of
from ui.services import message_of


def rendered(name: str, render: Callable[[], Updates], instead: Callable[[str], Updates]) -> Updates:
    """What `paint` wants shown; if it fails, `instead` is given a callout that says why.

    Only an InputError is told as a damaged file; anything else is a fault of ours, which is logged with its traceback.

    Updates that are made later, when they are sent, are guarded in the same way.
    """
    try:
        return {block: _guarded(name, block, update) for block, update in render().items()}
    except Exception as error:  # noqa: BLE001 - the other parts are painted all the same
        wanted = instead(fault_callout(name, error))
        return {block: _sendable(update) for block, update in wanted.items()}


def fault_callout(name: str, error: Exception) -> str:
    """The callout in place of a part: an InputError's own words, else that the app is at fault."""
    return callout("error", f"{name} cannot be shown", message_of(error, f"painting {name}"))


def _guarded(name: str, block: Block, update: Any) -> Any:
    if not isinstance(update, KeyedUpdate):
        return _sendable(update)
    key = _sendable(update.key)
    if not callable(update.update):
        return KeyedUpdate(key, _sendable(update.update))

    def later() -> Any:
        try:
            return _sendable(value_of(update))
        except Exception as error:  # noqa: BLE001 - the other parts are painted all the same
            message = message_of(error, f"painting a part of {name}")
            shown = callout("error", "This part cannot be shown", message)
            return _sendable(str(shown)) if isinstance(block, gr.HTML) else gr.skip()

    return KeyedUpdate(key, later)


def _sendable(value: Any) -> Any:
    """The value with a question mark for each half of a surrogate pair: no answer to a browser can carry one."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_sendable(key): _sendable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_sendable, value)) if type(value) in (list, tuple) else value
    return value
