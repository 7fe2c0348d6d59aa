"""Data that a visitor gave and no run was made of yet: kept beside the runs, so that a reload loses nothing."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE = "example"
EXAMPLE_FILES = ("tools.json", "hiking.csv")
KEPT_SECONDS = 7 * 86400
ID = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Source:
    """The two files that the Data step shows, and what they are called."""

    dataset: Path
    tools: Path
    name: str


class Drafts:
    """A folder of uploads, each named by its content; those untouched for a week are removed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, dataset: Path, tools: Path, name: str | None = None) -> str:
        """Keep copies of the two files, the dataset's under `name`; returns the id to find them by."""
        self._sweep()
        digest = hashlib.sha256()
        for path in (dataset, tools):
            digest.update(path.read_bytes() + b"\0")
        name = _plain_name(name or dataset.name)
        digest.update(name.encode())
        draft = digest.hexdigest()[:24]
        folder = self.folder / draft
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tools, folder / "tools.json")
        shutil.copyfile(dataset, folder / name)
        return draft

    def open(self, draft: str) -> Source:
        """The files of that id; InputError where they are no longer kept."""
        if draft == EXAMPLE:
            return Source(EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", "hiking.csv")
        folder = self.folder / draft
        found = [path for path in folder.glob("*") if path.name != "tools.json"] if ID.fullmatch(draft) else []
        if not found:
            raise InputError("These files are no longer kept here. Upload them again.")
        return Source(found[0], folder / "tools.json", found[0].name)

    def _sweep(self) -> None:
        old = time.time() - KEPT_SECONDS
        for folder in self.folder.glob("*"):
            if ID.fullmatch(folder.name) and folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)


def _plain_name(name: str) -> str:
    """A file name without what a file system may refuse, never `tools.json`."""
    text = re.sub(r"[^\w.-]+", "-", name).strip(".-")[-80:] or "dataset"
    return text if text != "tools.json" else "dataset.csv"
