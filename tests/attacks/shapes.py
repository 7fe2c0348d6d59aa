"""The ways to name a file: how its path can be written, and which JSON may hold the path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

META = {"meta": {"_type": "gradio.FileData"}}


def _whole(path: str) -> dict[str, Any]:
    told = {"url": path, "orig_name": "rows.csv", "size": 1, "mime_type": "text/csv", "is_stream": False}
    return {"path": path, **told, **META}


def _deep(path: str) -> Any:
    value: Any = _whole(path)
    for _ in range(12):
        value = [{"value": value}]
    return value


SHAPES: dict[str, Callable[[str], Any]] = {
    "a file": lambda path: {"path": path, **META},
    "a file without its mark": lambda path: {"path": path},
    "a file with an address": lambda path: {"path": "rows.csv", "url": path, **META},
    "a file with all that may be told of it": _whole,
    "a stream": lambda path: {**_whole(path), "is_stream": True},
    "a list of files": lambda path: [{"path": path, **META}, {"path": path, **META}],
    "a file in an object": lambda path: {"any": {"path": path, **META}},
    "a place with a file as the run": lambda path: {"step": "data", "run": {"path": path, **META}},
    "a place with a file as the data": lambda path: {"step": "train", "data": {"path": path, **META}},
    "a place with a path as the run": lambda path: {"step": "evaluate", "run": path},
    "a place with a path as the data": lambda path: {"step": "data", "data": path},
    "a place with a path as the base": lambda path: {"step": "train", "data": "example", "like": path},
    "the value of a component": lambda path: {"value": {"path": path, **META}, "__type__": "update"},
    "a file under many brackets": _deep,
    "a file as a key's value twice": lambda path: {"path": {"path": path, **META}, "url": {"path": path, **META}},
    "a path": lambda path: path,
    "a list of paths": lambda path: [path, path],
    "a file as text": lambda path: f'{{"path": "{path}", "meta": {{"_type": "gradio.FileData"}}}}',
}
PLAIN = "a file"


def spellings(path: Path, uploads: Path, working: Path) -> dict[str, str]:
    """The ways to write a path, so that it leads from the uploads' folder or the app's own to the same file."""
    out, whole = os.path.relpath(path, uploads), str(path)
    return {
        "absolute": whole,
        "out of the uploads": f"{uploads}/{out}",
        "out of a folder that is not there": f"{uploads}/no/such/../../{out}",
        "relative to the uploads": out,
        "relative to the app": os.path.relpath(path, working),
        "through /proc": f"/proc/self/root{whole}",
        "with two slashes": f"//{whole}",
        "with dots": whole.replace("/", "/./"),
        "as an address of a file": f"file://{whole}",
        "as an address of this host's file": f"file://localhost{whole}",
        "percent-encoded": quote(whole, safe=""),
        "percent-encoded twice": quote(quote(whole, safe=""), safe=""),
        "with a null": f"{whole}\0.csv",
        "as the app's own link": f"/gradio_api/file={whole}",
        "with a backslash": whole.replace("/", "\\"),
    }
