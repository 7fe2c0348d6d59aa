"""Checks that the folder of the runs can be written and has space for one more run."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from backend.doctor.finding import Finding, failed, passed
from backend.doctor.places import existing, no_folder
from backend.files import FULL

TITLE = "Disk"
GB = 10**9
NEEDED_BYTES = 4 * GB
NEEDED = "a run of a 270M model needs 4 GB: 1.1 for its checkpoint, 2.5 during the export, 0.3 for the exported file"
"""docs/export.md: the checkpoint, a smoothed copy of it, and the float32 TFLite have 1,072, 1,072 and 1,081 MB."""
STARTER_BYTES = GB // 5
TEMPORARY = ("TMPDIR", "TEMP", "TMP")
"""The variables that name the folder for temporary files; the first one that is set counts."""
PROBE_BYTES = 4 * 1024 * 1024


def check_disk(runs: Path, needed: int = NEEDED_BYTES) -> Finding:
    """Checks that the folder of the runs can be written, and that its free space is enough for a run."""
    runs = runs.absolute()
    place = existing(runs)
    if part := no_folder(runs):
        return failed(TITLE, f"{part} is not a folder.", "Set FGT_HOME to a folder that you may write.")
    try:
        _write(place)
    except OSError as error:
        if error.errno in FULL:
            return failed(
                TITLE, f"The disk of {runs} is full ({_gb(_free(place))} free); {NEEDED}.", _free_some(0, needed)
            )
        then = "Change the folder's owner or permissions, or set FGT_HOME to a folder that you may write."
        return failed(TITLE, f"{runs} cannot be written: {error.strerror or error}.", then)
    free = _free(place)
    seen = f"{_gb(free)} free in {runs}, which can be written; {NEEDED}."
    if free >= needed:
        return passed(TITLE, seen)
    return failed(TITLE, seen, _free_some(free, needed))


def check_temporary() -> Finding:
    """Checks that the folder for temporary files can be written; uploads and exports use it."""
    title = "Temporary files"
    named = next(((name, os.environ[name]) for name in TEMPORARY if os.environ.get(name)), None)
    try:
        place = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        return failed(title, f"There is no folder for temporary files: {error.strerror}.", "Set TMPDIR to a folder.")
    if named and not _same(Path(named[1]), place):
        seen = f"{named[1]}, which {named[0]} names, cannot be written, so {place} is used instead."
        return failed(title, seen, f"Set {named[0]} to a folder that you may write, or unset it.")
    try:
        _write(place)
    except OSError as error:
        then = "Free some space, or set TMPDIR to another folder."
        return failed(title, f"{place} cannot be written: {error.strerror or error}.", then)
    free = _free(place)
    seen = f"{_gb(free)} free in {place}, which can be written; a running exported file of 270M uses 0.3 GB there."
    return passed(title, seen) if free >= STARTER_BYTES * 2 else failed(title, seen, "Free some space there.")


def check_models() -> Finding:
    """Checks that base models can be saved in the cache of the Hub's client."""
    title = "Base models"
    named = os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or "~/.cache/huggingface") / "hub"
    folder = Path(named).expanduser().absolute()
    then = "Set HF_HOME to a folder that you may write. The starter needs no download."
    if part := no_folder(folder):
        return failed(title, f"{part} is not a folder, so {folder} cannot be created.", then)
    try:
        place = existing(folder)
        _write(place)
    except OSError as error:
        return failed(title, f"{folder} cannot be written: {error.strerror or error}.", then)
    free, needed = _free(place), "google/functiongemma-270m-it has 0.6 GB"
    seen = f"{_gb(free)} free in {folder}, where downloaded models are saved; {needed}."
    return passed(title, seen) if free >= GB else failed(title, seen, "Free some space there, or set HF_HOME.")


def _same(one: Path, other: Path) -> bool:
    return one.absolute().resolve() == other.absolute().resolve()


def _write(place: Path) -> None:
    """Writes a few bytes to a file without a name, so that a kill leaves no file. Raises OSError."""
    with tempfile.TemporaryFile(dir=place) as probe:
        probe.write(b"\1" * PROBE_BYTES)
        probe.flush()
        os.fsync(probe.fileno())


def _free(place: Path) -> int:
    return shutil.disk_usage(place).free


def _free_some(free: int, needed: int) -> str:
    more = f"Free {_gb(needed - free)}, or set FGT_HOME to a larger disk."
    return f"{more} A run of the starter fits." if free >= STARTER_BYTES else more


def _gb(size: int) -> str:
    return f"{size / GB:,.1f} GB"
