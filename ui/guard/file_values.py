"""Checks values that name a file: an input may name only files of the same browser, and an answer none.

Gradio treats an object `{"path": …, "meta": {"_type": "gradio.FileData"}}` at any depth of any component's value as a
file: it copies the file to its cache and serves the copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

FILES = (gr.File, gr.UploadButton)
"""The components whose values are files."""
DEEPEST = 40
NO_FILE = "This input takes no file."
NOT_YOURS = "This file was not uploaded by this page, or is no longer stored. Upload it again."
TOO_DEEP = f"A value is nested more than {DEEPEST} levels deep."
IN_ANSWER = "The answer contains an object that Gradio would treat as a file of the server, so it is not sent."


class Ownership(Protocol):
    """Knows the owners of uploads."""

    def owns(self, owner: str, path: str) -> bool:
        """Whether the file was uploaded by this browser."""
        ...


def without_foreign_files(blocks: Sequence[Block], values: Sequence[Any], uploads: Ownership, owner: str) -> list[Any]:
    """The values of a request's inputs, with files reduced to their checked paths.

    `owner` is the owner whose uploads the request may use. Raises gr.Error if a value names any other file.
    """
    checked = list(values)
    for at, block in enumerate(blocks[: len(checked)]):
        if isinstance(block, FILES):
            checked[at] = _file(checked[at], uploads, owner)
        elif any(map(_is_file, _objects(checked[at]))):
            raise gr.Error(NO_FILE, print_exception=False)
    return checked


def refuse_files_in_answer(values: Iterable[Any]) -> None:
    """Raises gr.Error if a value for the browser contains an object that Gradio would treat as a file."""
    for value in values:
        if any(map(_is_file, _objects(value))):
            raise gr.Error(IN_ANSWER, print_exception=False)


def _file(value: Any, uploads: Ownership, owner: str) -> Any:
    """A file's value without the fields that Gradio would fetch; None if there is no file. Raises gr.Error."""
    if isinstance(value, list):
        return [_file(item, uploads, owner) for item in value]
    if value is None:
        return None
    path = value.get("path") if isinstance(value, dict) else None
    if not isinstance(path, str) or not uploads.owns(owner, path):
        raise gr.Error(NOT_YOURS, print_exception=False)
    name = value.get("orig_name")
    named = {"orig_name": name} if isinstance(name, str) else {}
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **named}


def _is_file(found: dict[Any, Any]) -> bool:
    """Whether some version of Gradio treats the object as a file."""
    return isinstance(found.get("path"), str) and ("meta" in found or len(found) == 1 or "url" in found)


def _objects(value: Any) -> Iterator[dict[Any, Any]]:
    """Every object in a value, at any depth. Raises gr.Error if the value is nested too deeply."""
    level = [value]
    for _ in range(DEEPEST):
        level = [item for item in level if isinstance(item, dict | list | tuple)]
        if not level:
            return
        yield from (item for item in level if isinstance(item, dict))
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    raise gr.Error(TOO_DEEP, print_exception=False)
