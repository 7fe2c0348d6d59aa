"""Data that a visitor gave and no run was made of yet: kept beside the runs, so that a reload loses nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from backend.errors import InputError

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
EXAMPLE = "example"
EXAMPLE_FILES = ("tools.json", "hiking.csv")
KEPT_SECONDS = 7 * 86400
ID = re.compile(r"[0-9a-f]{24}")
TOOLS, NOTES, TESTS, KEY = "tools.json", "draft.json", "test", "key"
GONE = "These files are no longer kept here. Upload them again."


@dataclass(frozen=True, slots=True)
class Origin:
    """What goes with the files: what a row may hold, what was done to them here, and the draft they were made from."""

    allow_multiple_calls: bool = False
    allow_no_call: bool = False
    made: str = ""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The files that the Data step shows, and what they are called; `test` are test rows that were brought along."""

    dataset: Path
    tools: Path
    name: str
    origin: Origin = field(default_factory=Origin)
    test: Path | None = None


class Drafts:
    """A folder of uploads, never changed; those made a week ago are removed.

    Each is named by its content under a key of this folder's own, so that nobody can guess the name who was not told
    it. What is not here is looked for in `before`: data that was given before its owner logged in.
    """

    def __init__(self, folder: Path, before: Drafts | None = None) -> None:
        self.folder = folder
        self._before = before
        self._key = b""

    def add(
        self,
        dataset: Path | bytes,
        tools: Path | bytes,
        name: str | None = None,
        origin: Origin | None = None,
        test: Path | None = None,
    ) -> str:
        """Keep the files, the dataset under `name`; returns the id to find them by."""
        name = _plain_name(name or (dataset.name if isinstance(dataset, Path) else ""))
        files = {name: _bytes(dataset), TOOLS: _bytes(tools), NOTES: _notes(name, origin or Origin())}
        if test:
            files[f"{TESTS}/{_plain_name(test.name)}"] = _bytes(test)
        self._sweep()
        return self._keep(files)

    def open(self, draft: str) -> Source:
        """The files of that id; InputError where they are no longer kept."""
        if draft == EXAMPLE:
            return Source(EXAMPLES / "hiking.csv", EXAMPLES / TOOLS, "hiking.csv")
        folder = self.folder / draft
        notes = _read_notes(folder / NOTES) if ID.fullmatch(draft) else {}
        name = str(notes.get("name", ""))
        if not name or not (folder / name).is_file():
            if self._before is not None:
                return self._before.open(draft)
            raise InputError(GONE)
        known = {one.name for one in fields(Origin)}
        origin = Origin(**{key: value for key, value in notes.items() if key in known})
        return Source(folder / name, folder / TOOLS, name, origin, next(iter((folder / TESTS).glob("*")), None))

    def _keep(self, files: Mapping[str, bytes]) -> str:
        digest = hashlib.blake2b(key=self._secret(), digest_size=12)
        for name, content in files.items():
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        draft = digest.hexdigest()
        for name, content in files.items():
            path = self.folder / draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.write_bytes(content)
        return draft

    def _secret(self) -> bytes:
        """The folder's key, made by whoever comes first."""
        path = self.folder / KEY
        if not self._key:
            self.folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError), open(path, "xb", opener=_private) as file:
                file.write(secrets.token_bytes(32))
            self._key = path.read_bytes()
        return self._key

    def _sweep(self) -> None:
        old = time.time() - KEPT_SECONDS
        for folder in self.folder.glob("*"):
            if ID.fullmatch(folder.name) and folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _bytes(content: Path | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def _notes(name: str, origin: Origin) -> bytes:
    return json.dumps({"name": name, **asdict(origin)}, sort_keys=True).encode()


def _read_notes(path: Path) -> dict[str, Any]:
    try:
        notes: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return notes


def _plain_name(name: str) -> str:
    """A file name without what a file system may refuse, never one that we use ourselves."""
    text = re.sub(r"[^\w.-]+", "-", name).strip(".-")[-80:] or "dataset"
    return text if text not in (TOOLS, NOTES, TESTS) else "dataset.csv"
