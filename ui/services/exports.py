"""The file that a run exported, in the run's folder or on the Hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from backend.device import Verification
from backend.errors import InputError
from backend.files import open_regular
from backend.jobs.huggingface import read_remote
from backend.runs import Run, own_file, own_files

SUFFIX = ".litertlm"
VERIFICATION = "export/verification.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported file, its size in bytes, and where it is served; `path` is None if it is on the Hub."""

    name: str
    size: int
    link: str
    path: Path | None
    recorded: str = ""

    @property
    def sha256(self) -> str:
        """Its SHA-256: computed if the file is local, else from the verification."""
        return _sha256(self.path, self.path.stat().st_mtime_ns) if self.path else self.recorded


def exported(run: Run) -> Exported | None:
    """The run's exported file; None if there is none.

    If there are several, it is the one that was verified last; without a verification, the newest.
    """
    found = {path.name: size_and_time for path in exported_files(run) if (size_and_time := _stat(path))}
    if not found:
        record = _record(run) if _is_remote(run) else None
        return _from_record(run, record) if record else None
    name = max(found, key=lambda name: found[name][1])
    if len(found) > 1 and (record := _record(run)) and record.file in found:
        name = record.file
    return Exported(name, found[name][0], _link(run, name), run.export_dir / name)


def exported_files(run: Run) -> list[Path]:
    """The exported files in the run's folder, without links."""
    return own_files(run.path, "export", SUFFIX)


def _stat(path: Path) -> tuple[int, int] | None:
    """A file's size and time; None if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _from_record(run: Run, record: Verification) -> Exported | None:
    """The exported file on the Hub, by its verification."""
    name = record.file
    if Path(name).name != name or not name.endswith(SUFFIX):
        return None
    return Exported(name, record.bytes, _link(run, name), None, record.sha256)


def _is_remote(run: Run) -> bool:
    try:
        return read_remote(run) is not None
    except InputError:  # a damaged record: only the run's folder counts
        return False


def _record(run: Run) -> Verification | None:
    path = own_file(run.path, VERIFICATION)
    try:
        return Verification.read(path) if path else None
    except InputError:
        return None


def _link(run: Run, name: str) -> str:
    return f"runs/{quote(run.id)}/{quote(name)}"


@lru_cache(maxsize=32)
def _sha256(path: Path, _modified: int) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
