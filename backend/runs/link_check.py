"""What lies in a run's folder and is the run's own: a link there could lead to any file of this machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from backend.errors import InputError

DEPTH = 3
"""The page reads nothing deeper in a run than RUN/resume/checkpoint-N/trainer_state.json."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC


def own_file(folder: Path, name: str) -> Path | None:
    """The path of the regular file `name`, such as export/verification.json, in a run's folder.

    None if there is none, it cannot be read, or it or a folder on the way to it below `folder` is a link.
    """
    *folders, last = Path(name).parts
    if Path(name).is_absolute() or ".." in folders or last == "..":
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in folders:
            descriptor = _step(descriptor, part, FOLDER)
        descriptor = _step(descriptor, last, FILE)
    except OSError:
        return None
    regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
    os.close(descriptor)
    return folder / name if regular else None


def own_files(folder: Path, name: str, ending: str) -> list[Path]:
    """The regular files of the folder `name` in a run's folder whose names end so, sorted; links are left out."""
    try:
        names = sorted(path.name for path in (folder / name).iterdir() if path.name.endswith(ending))
    except OSError:
        return []
    return [path for found in names if (path := own_file(folder, f"{name}/{found}"))]


def check_no_links(folder: Path) -> None:
    """Raise InputError if a name in a run's folder is neither a file nor a folder; hidden names are not looked at."""
    for path in _strange(folder, DEPTH):
        kind = "a link" if path.is_symlink() else "neither a file nor a folder"
        raise InputError(
            f"{path} is {kind}. A run holds files of its own alone, so it is not opened. Put a copy of the file there."
        )


def _step(parent: int, name: str, flags: int) -> int:
    """Open a name in an open folder, which is closed."""
    try:
        return os.open(name, flags, dir_fd=parent)
    finally:
        os.close(parent)


def _strange(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except OSError:  # gone meanwhile, or unreadable: who reads it says so
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from _strange(Path(entry.path), depth - 1)
        elif not entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
