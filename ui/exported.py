"""The file that a run exported, whether it lies in the run's folder or on the Hub."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from backend.errors import InputError
from backend.jobs.huggingface import read_remote
from backend.runs import Run, read_json

SUFFIX = ".litertlm"


@dataclass(frozen=True, slots=True)
class Exported:
    """An exported file, its size in bytes, and where it is served; `path` is None where it lies on the Hub."""

    name: str
    size: int
    link: str
    path: Path | None
    told: str = ""

    @property
    def sha256(self) -> str:
        """Its hash: of the file itself where it is here, as the verification told it where it is not."""
        return _sha256(self.path, self.path.stat().st_mtime_ns) if self.path else self.told


def exported(run: Run) -> Exported | None:
    """The run's exported file, the newest where there are several; None where there is none."""
    path = max(run.export_dir.glob(f"*{SUFFIX}"), key=lambda found: found.stat().st_mtime, default=None)
    if path is not None:
        return Exported(path.name, path.stat().st_size, _link(run, path.name), path)
    record = _record(run.export_dir / "verification.json") if _is_remote(run) else None
    return _from_record(run, record) if record else None


def _from_record(run: Run, record: dict[str, Any]) -> Exported | None:
    """What the verification says of a file that stayed on the Hub."""
    name, size, sha256 = (record.get(key) for key in ("file", "bytes", "sha256"))
    if not isinstance(name, str) or Path(name).name != name or not name.endswith(SUFFIX):
        return None
    if not isinstance(size, int) or not isinstance(sha256, str):
        return None
    return Exported(name, size, _link(run, name), None, sha256)


def _is_remote(run: Run) -> bool:
    try:
        return read_remote(run) is not None
    except InputError:  # a damaged record: the run's own folder is all there is
        return False


def _record(path: Path) -> dict[str, Any] | None:
    try:
        return read_json(path)
    except InputError:
        return None


def _link(run: Run, name: str) -> str:
    return f"runs/{quote(run.id)}/{quote(name)}"


@lru_cache(maxsize=32)
def _sha256(path: Path, _modified: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
