"""Where files are kept when their usual folder cannot be written, as in an app that somebody else installed."""

from __future__ import annotations

import errno
import os
import tempfile
from functools import cache
from pathlib import Path

from backend.files import disk_errors
from backend.runs.folders import own_temporary

ROOT = Path(__file__).resolve().parents[2]
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
PART = "kept"


def usual_home() -> Path:
    """The folder that runs are kept in if it can be written: FGT_HOME, or `runs` beside the app."""
    return Path(os.environ.get("FGT_HOME") or ROOT / "runs").expanduser().absolute()


def refusal(folder: Path) -> str | None:
    """Why this user may not write in a folder, which is made if need be; None if nothing forbids it.

    A full disk is no such reason: another folder would not mend it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror if error.errno in REFUSED else None


@cache
def kept_temporary(name: str) -> Path:
    """A folder on the temporary disk that only this user may open; it lasts as long as that disk does.

    Every process of this user finds the same one, unless its name is another user's already: then it is a new one.
    InputError if the disk refuses.
    """
    with disk_errors(Path(tempfile.gettempdir()), "make a folder in"):
        folder = own_temporary(PART) or Path(tempfile.mkdtemp(prefix="functiongemma-trainer-"))
        folder.chmod(0o700)
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        return folder / name
