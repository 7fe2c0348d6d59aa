"""The folders for files if their default folder cannot be written, for example if another user installed the app."""

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
    """Returns the default folder of the runs: FGT_HOME, or `runs` in the app's folder."""
    return Path(os.environ.get("FGT_HOME") or ROOT / "runs").expanduser().absolute()


def refusal(folder: Path) -> str | None:
    """Returns why this user may not write to a folder, None if writing is permitted; makes the folder if it is missing.

    A full disk gives None, because another folder would not fix it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return error.strerror if error.errno in REFUSED else None


@cache
def fallback_folder(name: str) -> Path:
    """Returns a folder on the temporary disk that only this user may open; sweeps do not remove it.

    All processes of this user get the same folder, unless another user already has its name; then it is a new one.
    Raises InputError if the folder cannot be made.
    """
    with disk_errors(Path(tempfile.gettempdir()), "make a folder in"):
        folder = own_temporary(PART) or Path(tempfile.mkdtemp(prefix="functiongemma-trainer-"))
        folder.chmod(0o700)
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        return folder / name
