"""A disk that breaks at the n-th change: the process is killed there, or the disk is full or read-only from there on.

Trials run in processes forked from a server that has one thread, so that one costs milliseconds. What Python's own
functions change is counted by audit events (open for writing, mkdir, rename, remove, rmdir) and by wrappers of
os.write, os.fsync and os.ftruncate. Writes within C are cut at a size instead, by RLIMIT_FSIZE.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend.errors import InputError

Kind = Literal["killed", "full", "read-only"]
UNHARMED, SURVIVED, REFUSED, RAISED = 0, 10, 11, 12
SIZES = (0, 1, 30, 200, 1500)
CHANGING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CREATING = ("open", "os.mkdir", "os.rename", "os.write", "os.fsync")
REMOVING = ("os.remove", "os.rmdir", "os.ftruncate")
PATIENCE_SECONDS = 60.0
MOST_POINTS = 400
MODULES = ["tests.unit.runs.test_killed_and_full", "tests.unit.ui.test_killed_drafts"]
"""What has operations to break off: imported once, by the server."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at the n-th change, or at byte `size` of a file."""

    kind: Kind
    at: int | None = None
    size: int | None = None


@dataclass(slots=True)
class _Disk:
    """Counts this process's changes below `root` and lets the fault happen."""

    fault: Fault
    root: str
    count: int = 0
    fired: bool = False

    def change(self, event: str) -> None:
        self.count += 1
        if self.fault.at is None or self.count < self.fault.at:
            return
        if self.fault.kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.fault.kind == "read-only":
            self.fired = True
            raise OSError(errno.EROFS, "Read-only file system")
        if event in CREATING:
            self.fired = True
            raise OSError(errno.ENOSPC, "No space left on device")

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = args
            if isinstance(path, str) and path.startswith(self.root) and isinstance(flags, int) and flags & CHANGING:
                self.change(event)
        elif event in ("os.mkdir", "os.rename", *REMOVING):
            self.change(event)

    def install(self) -> None:
        sys.addaudithook(self.audit)
        for name in ("write", "fsync", "ftruncate"):
            setattr(os, name, self._counted(name, getattr(os, name)))
        if self.fault.size is not None:
            ending = signal.SIG_DFL if self.fault.kind == "killed" else signal.SIG_IGN
            signal.signal(signal.SIGXFSZ, ending)
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.fault.size, self.fault.size))

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> Any:
            self.change(f"os.{name}")
            return real(*args)

        return counted


def _trial(act: Callable[[Path], object], fault: Fault, root: Path) -> None:
    disk = _Disk(fault, str(root))
    disk.install()
    try:
        act(root)
    except InputError as error:
        os._exit(REFUSED if len(str(error)) > 20 else RAISED)
    except BaseException as error:  # noqa: BLE001 - told by the exit code
        os.write(2, f"{fault}: {error!r}\n".encode()) if fault.at is None else None
        os._exit(RAISED)
    os._exit(SURVIVED if disk.fired or fault.size is not None else UNHARMED)


def outcome(act: Any, fault: Fault, root: Path) -> int:
    """Do `act` on `root` in a process of its own with the fault; its exit code, negative if it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(MODULES)
    process = context.Process(target=_trial, args=(act, fault, root))
    process.start()
    process.join(PATIENCE_SECONDS)
    assert process.exitcode is not None, f"{act} hangs with {fault}"
    return process.exitcode


def faults(kind: Kind) -> Iterator[Fault]:
    """Every fault of a kind, as long as the trial goes on to ask for the next."""
    if kind == "read-only":
        yield Fault(kind, 1)
        return
    for size in SIZES:
        yield Fault(kind, size=size)
    for at in range(1, MOST_POINTS):
        yield Fault(kind, at)
