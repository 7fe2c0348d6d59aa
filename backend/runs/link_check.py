"""Finds the regular files of a run's folder; links are refused, because they could point to any file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from backend.errors import InputError

DEPTH = 3
"""The depth of RUN/resume/checkpoint-N/trainer_state.json, the deepest file that the page reads."""
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW | os.O_CLOEXEC


def own_file(folder: Path, name: str) -> Path | None:
    """Returns the path of the regular file `name`, such as export/verification.json, in a run's folder.

    Returns None if there is no such file, if it cannot be read, or if it or a folder of its path below `folder` is a
    link.
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
    """Returns the regular files with `ending` in the folder `name` of a run, sorted; links are left out."""
    try:
        names = sorted(path.name for path in (folder / name).iterdir() if path.name.endswith(ending))
    except OSError:
        return []
    return [path for found in names if (path := own_file(folder, f"{name}/{found}"))]


def check_no_links(folder: Path) -> None:
    """Raises InputError if an entry of a run's folder is not a regular file or folder; hidden names are skipped."""
    for path in _strange(folder, DEPTH):
        kind = "a link" if path.is_symlink() else "neither a file nor a folder"
        raise InputError(
            f"{path} is {kind}. A run may contain only files and folders, so it is not opened. Put a copy "
            "of the file there."
        )


def _step(parent: int, name: str, flags: int) -> int:
    """Opens a name in an open folder, and closes the folder."""
    try:
        return os.open(name, flags, dir_fd=parent)
    finally:
        os.close(parent)


def _strange(folder: Path, depth: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = [entry for entry in found if not entry.name.startswith(".")]
    except OSError:  # removed or unreadable: the reader reports it
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if depth > 1:
                yield from _strange(Path(entry.path), depth - 1)
        elif not entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
