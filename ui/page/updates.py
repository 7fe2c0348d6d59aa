"""Sends the browser only what changed, so that nothing flickers and polling stays cheap."""

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
    """An update that is sent when `key` changes, whatever the visitor did to the component since.

    A function as the `update` is called only then: what is costly to draw is not drawn at every tick.
    """

    key: str
    update: Any

    def value(self) -> Any:
        """The update itself."""
        return self.update() if callable(self.update) else self.update


def changes(wanted: Mapping[Block, Any], seen: Seen) -> tuple[dict[Block, Any], Seen]:
    """The updates that differ from what was last sent to this page, and what it will then have seen."""
    digests = {str(block._id): _digest(update) for block, update in wanted.items()}
    changed = {
        block: update.value() if isinstance(update, KeyedUpdate) else update
        for block, update in wanted.items()
        if seen.get(str(block._id)) != digests[str(block._id)]
    }
    return changed, {**seen, **digests}


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
