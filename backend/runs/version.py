"""The version of the code."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parents[2]


@cache
def code_version() -> str:
    """Returns the version; in a git checkout the commit follows a plus sign, such as `0.1.0+1a2b3c4`."""
    if not (ROOT / ".git").exists():
        return VERSION
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return VERSION
    return f"{VERSION}+{done.stdout.strip()}"
