"""Renders each part of the page separately, so that an error in one does not affect the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from ui.html import callout
from ui.page.updates import KeyedUpdate, Updates, value_of
from ui.services import message_of


def rendered(name: str, render: Callable[[], Updates], instead: Callable[[str], Updates]) -> Updates:
    """The updates of `render`; if it raises, those of `instead`, which gets a callout with the reason.

    An InputError is shown as a damaged file. Any other error is a bug of the app and is logged with its traceback.
    Keyed updates are computed when they are sent; their errors are caught in the same way.
    """
    try:
        return {block: _guarded(name, block, update) for block, update in render().items()}
    except Exception as error:  # noqa: BLE001 - the other parts are rendered anyway
        wanted = instead(fault_callout(name, error))
        return {block: _sendable(update) for block, update in wanted.items()}


def fault_callout(name: str, error: Exception) -> str:
    """The callout that replaces a part: an InputError's message, else that the app has a bug."""
    return callout("error", f"{name} cannot be shown", message_of(error, f"rendering {name}"))


def _guarded(name: str, block: Block, update: Any) -> Any:
    if not isinstance(update, KeyedUpdate):
        return _sendable(update)
    key = _sendable(update.key)
    if not callable(update.update):
        return KeyedUpdate(key, _sendable(update.update))

    def later() -> Any:
        try:
            return _sendable(value_of(update))
        except Exception as error:  # noqa: BLE001 - the other parts are rendered anyway
            message = message_of(error, f"rendering a part of {name}")
            shown = callout("error", "This part cannot be shown", message)
            return _sendable(str(shown)) if isinstance(block, gr.HTML) else gr.skip()

    return KeyedUpdate(key, later)


def _sendable(value: Any) -> Any:
    """The value with a question mark for each lone surrogate, which no answer to a browser can contain."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_sendable(key): _sendable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_sendable, value)) if type(value) in (list, tuple) else value
    return value
