"""Computes the updates that differ from the page, so that nothing flickers and polling stays cheap."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradio.blocks import Block

Updates = dict[Block, Any]
Seen = dict[str, str]


class Panel:
    """A group of components that belongs to a step."""


@dataclass(frozen=True, slots=True)
class KeyedUpdate:
    """An update that is sent only when `key` changes, whatever the visitor did to the component meanwhile.

    If `update` is a function, it is called only then, so that costly parts are not rendered at every tick.
    """

    key: str
    update: Any


def value_of(update: Any) -> Any:
    """The update's value for Gradio; a keyed one is computed now."""
    if not isinstance(update, KeyedUpdate):
        return update
    return update.update() if callable(update.update) else update.update


def changes(wanted: Mapping[Block, Any], seen: Seen | None) -> tuple[Updates, Seen]:
    """The updates that differ from what this page shows, and the digests of everything that it shows after them.

    A component that is not in `seen` has its initial value. If `seen` is None, nothing is known of the page.
    """
    digests = {str(block._id): _digest(update) for block, update in wanted.items()}
    known = {} if seen is None else seen
    changed = {
        block: update
        for block, update in wanted.items()
        if known.get(str(block._id)) != digests[str(block._id)]
        and not (seen is not None and str(block._id) not in seen and _as_made(block, update))
    }
    return changed, {**known, **digests}


def _as_made(block: Block, update: Any) -> bool:
    """Whether a field already has the value.

    Gradio stores a value for a field that is not on the page yet. It writes the value some moments after the field
    appears, over what was typed meanwhile (js/core/src/init.svelte.ts, `register_component`, read on 2026-11-28;
    https://github.com/gradio-app/gradio/pull/12904). Therefore such a value is not sent.
    """
    return (
        isinstance(update, KeyedUpdate)
        and not callable(update.update)
        and update.update == getattr(block, "value", None)
    )


def blocks_of(holder: object) -> list[Block]:
    """The components that an object holds in its attributes, and those of the parts that it is made of."""
    found: list[Block] = []
    for value in vars(holder).values():
        if isinstance(value, Block):
            found.append(value)
        elif isinstance(value, Panel):
            found += blocks_of(value)
    return found


def _digest(update: Any) -> str:
    text = update.key if isinstance(update, KeyedUpdate) else json.dumps(update, sort_keys=True, default=repr)
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
