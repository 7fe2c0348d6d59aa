"""Paths on this machine."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def existing(folder: Path) -> Path:
    """Returns the folder, or its nearest parent that exists."""
    return next(place for place in (folder, *folder.parents) if os.path.isdir(place))  # noqa: PTH112 - raises nothing


def no_folder(folder: Path) -> Path | None:
    """Returns the part of a path that exists and is not a folder, so that the folder cannot be created; else None."""
    there = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    return None if os.path.isdir(there) else there  # noqa: PTH112 - raises nothing


def venv_python() -> Path:
    """Returns the Python of the environment that scripts/run makes."""
    return ROOT / ".venv/bin/python"
