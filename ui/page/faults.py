"""Painting each part of the page on its own, so that a fault in one leaves the others as they are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from ui.html.markup import callout
from ui.page.updates import Keyed, Wanted, value_of
from ui.services.stored import told

LOGGER = logging.getLogger(__name__)


def painted(name: str, paint: Callable[[], Wanted], instead: Callable[[str], Wanted]) -> Wanted:
    """What `paint` wants shown; if it fails, that is logged, and `instead` is given a callout that says why.

    Updates that are made later, when they are sent, are guarded in the same way.
    """
    try:
        return {block: _guarded(name, block, update) for block, update in paint().items()}
    except Exception as error:
        LOGGER.exception("%s cannot be painted", name)
        wanted = instead(trouble(name, error))
        return {block: _sendable(update) for block, update in wanted.items()}


def trouble(name: str, error: Exception) -> str:
    """The callout in place of a part: an InputError's own words, else a sentence about the run's files."""
    return callout("error", f"{name} cannot be shown", told(error)).text


def _guarded(name: str, block: Block, update: Any) -> Any:
    if not isinstance(update, Keyed):
        return _sendable(update)
    key = _sendable(update.key)
    if not callable(update.update):
        return Keyed(key, _sendable(update.update))

    def later() -> Any:
        try:
            return _sendable(value_of(update))
        except Exception as error:
            LOGGER.exception("a part of %s cannot be painted", name)
            return _sendable(trouble("This part", error)) if isinstance(block, gr.HTML) else gr.skip()

    return Keyed(key, later)


def _sendable(value: Any) -> Any:
    """The value with a question mark for each half of a surrogate pair: no answer to a browser can carry one."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_sendable(key): _sendable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_sendable, value)) if type(value) in (list, tuple) else value
    return value
