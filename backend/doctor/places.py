"""Where things are on this machine."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def runs_folder() -> Path:
    """The folder that runs are kept in: FGT_HOME, or `runs` beside the app."""
    return Path(os.environ.get("FGT_HOME") or ROOT / "runs").expanduser().absolute()


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def venv_python() -> Path:
    """The Python that scripts/run installs everything for."""
    return ROOT / ".venv/bin/python"
