"""Folders that appear and go away at once, and temporary ones that tell a sweep whether their owner lives."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from backend.files import disk_errors, sync_folder, sync_tree

TRASH = ".trash-"
TRIES = 5


def hold(folder: Path) -> int | None:
    """Lock a folder and return its descriptor; None if another process holds it, or it is no folder.

    The operating system ends the lock with its process; a rename of the folder does not end it. Raises OSError where
    folders cannot be locked, as on NFS.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):  # another holds it, or it is gone
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


@contextmanager
def built_beside(path: Path) -> Iterator[Path]:
    """A hidden folder beside `path` to build in; on a regular exit it is renamed to `path`, else it goes away.

    It is locked meanwhile, so that a sweep leaves it alone. `path` may be an empty folder. InputError if the disk
    refuses, also what is done within.
    """
    with disk_errors(path, "create"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with Scratch(f".{path.name}.", path.parent) as name:
            building = Path(name)
            yield building
            put_in_place(building, path)


def put_in_place(building: Path, path: Path) -> None:
    """Rename a finished folder to where it counts, with all of it on the disk before and the name after. OSError."""
    sync_tree(building)
    building.chmod(0o755)
    building.replace(path)
    sync_folder(path.parent)


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it: it is gone at once, however early a kill comes.

    It is renamed to a hidden name first, and a sweep removes what a kill leaves of that. Of a link the link alone goes.
    A folder that is not there is removed already. Raises OSError.
    """
    trash = folder.with_name(TRASH + secrets.token_hex(6))
    with suppress(FileNotFoundError):
        folder.rename(trash)
        with suppress(OSError):  # it is gone from sight all the same
            sync_folder(folder.parent)
        discard(trash)


def discard(path: Path) -> None:
    """Remove what nobody looks for any more, as far as that is possible; of a link the link alone goes."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


class Scratch(tempfile.TemporaryDirectory[str]):
    """A temporary folder that this process holds a lock on while it uses it.

    In `folder` if one is given, else in the user's own part of the system's temporary folder. InputError if the disk
    refuses.
    """

    def __init__(self, prefix: str = "work-", folder: Path | None = None) -> None:
        self._descriptor: int | None = None
        with disk_errors(folder or Path(tempfile.gettempdir()), "make a folder in"):
            for _ in range(TRIES):
                super().__init__(prefix=prefix, dir=folder or own_temporary(), ignore_cleanup_errors=True)
                try:
                    self._descriptor = hold(Path(self.name))
                except OSError:  # no locks there, so a sweep will not remove it either
                    return
                if self._descriptor is not None:
                    return
                super().cleanup()  # a sweep came before the lock
            raise OSError(errno.EBUSY, "New folders are removed there at once")

    def cleanup(self) -> None:
        """Remove the folder, if it was not renamed, and end the lock."""
        super().cleanup()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __exit__(self, *_: object) -> None:
        self.cleanup()


def own_temporary(part: str | None = None) -> Path | None:
    """This user's folder on the temporary disk, made if need be; None if its name is another's.

    Without `part` it is for what a sweep may remove once its process is dead.
    """
    name = f"functiongemma-trainer-{os.geteuid()}" + (f"-{part}" if part else "")
    path = Path(tempfile.gettempdir()) / name
    with suppress(OSError):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
            return path
    return None
