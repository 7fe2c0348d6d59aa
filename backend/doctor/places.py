"""Where things are on this machine."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def venv_python() -> Path:
    """The Python that scripts/run installs everything for."""
    return ROOT / ".venv/bin/python"
