"""Makes and removes folders atomically; locks temporary folders, so that a sweep leaves those in use."""

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
    """Locks a folder and returns its descriptor; None if another process holds the lock, or it is not a folder.

    The operating system releases the lock when the process ends; a rename of the folder does not release it. Raises
    OSError if the file system cannot lock folders, for example NFS.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):  # another process holds it, or it was removed
        pass
    except OSError:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


@contextmanager
def built_beside(path: Path) -> Iterator[Path]:
    """Yields a hidden folder next to `path`; without an error it is then renamed to `path`, else it is removed.

    The folder is locked, so that a sweep does not remove it. `path` may be an empty folder. Raises InputError if the
    disk refuses, also for the errors of the `with` block.
    """
    with disk_errors(path, "create"):
        path.parent.mkdir(parents=True, exist_ok=True)
        with Scratch(f".{path.name}.", path.parent) as name:
            building = Path(name)
            yield building
            put_in_place(building, path)


def put_in_place(building: Path, path: Path) -> None:
    """Renames a finished folder to `path`; syncs its files before and the name after. Raises OSError."""
    sync_tree(building)
    building.chmod(0o755)
    building.replace(path)
    sync_folder(path.parent)


def remove(folder: Path) -> None:
    """Removes a folder with its contents atomically, also if the process is killed.

    The folder is renamed to a hidden name first; after a kill, a sweep removes the rest. Of a link, only the link is
    removed. A missing folder is not an error. Raises OSError.
    """
    trash = folder.with_name(TRASH + secrets.token_hex(6))
    with suppress(FileNotFoundError):
        folder.rename(trash)
        with suppress(OSError):  # the rename has already happened
            sync_folder(folder.parent)
        discard(trash)


def discard(path: Path) -> None:
    """Removes a hidden folder as far as possible, without errors; of a link, only the link is removed."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


class Scratch(tempfile.TemporaryDirectory[str]):
    """A temporary folder that this process locks while it uses it.

    It is made in `folder`, by default in the user's own part of the system's temporary folder. Raises InputError if it
    cannot be made.
    """

    def __init__(self, prefix: str = "work-", folder: Path | None = None) -> None:
        self._descriptor: int | None = None
        with disk_errors(folder or Path(tempfile.gettempdir()), "make a folder in"):
            for _ in range(TRIES):
                super().__init__(prefix=prefix, dir=folder or own_temporary(), ignore_cleanup_errors=True)
                try:
                    self._descriptor = hold(Path(self.name))
                except OSError:  # the file system has no locks, so a sweep does not remove it
                    return
                if self._descriptor is not None:
                    return
                super().cleanup()  # a sweep removed it before the lock
            raise OSError(errno.EBUSY, "New folders are removed immediately")

    def cleanup(self) -> None:
        """Removes the folder if it was not renamed, and releases the lock."""
        super().cleanup()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __exit__(self, *_: object) -> None:
        self.cleanup()


def own_temporary(part: str | None = None) -> Path | None:
    """Returns this user's folder on the temporary disk, made if it is missing; None if another user has its name.

    Without `part` it is the folder from which a sweep removes what ended processes left.
    """
    name = f"functiongemma-trainer-{os.geteuid()}" + (f"-{part}" if part else "")
    path = Path(tempfile.gettempdir()) / name
    with suppress(OSError):
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
            return path
    return None
