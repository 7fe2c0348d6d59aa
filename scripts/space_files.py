"""The files of this repository that a Space gets: what the app reads, and the pages that its README links to."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.errors import InputError
from backend.files import read_bytes

ROOT = Path(__file__).resolve().parents[1]
FILES = ("app.py", "README.md", "SECURITY.md", "LICENSE", "requirements.txt", "package.json", "package-lock.json")
FOLDERS = ("backend", "docs", "examples", "job_templates", "ui")
NEEDED = ("app.py", "README.md", "requirements.txt", "package.json", "package-lock.json")
MOST_BYTES = 10_000_000
"""A larger file is no plain file of a commit on the Hub."""
MADE_HERE = re.compile(r"(?:^|/)(?:\.[^/]*|__pycache__|node_modules)(?:/|$)|\.py[cdoi]$")
"""What tools write beside the sources, and git ignores."""
PICTURE = re.compile(r"^!\[[^\]\n]*\]\((?!\w+:)(?P<path>[^)\n]+)\)\n\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SpaceFile:
    """One file of a Space, by its path there."""

    path: str
    content: bytes

    @property
    def blob_id(self) -> str:
        """The name that git gives to this content."""
        return hashlib.sha1(b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Selection:
    """What a Space gets, in the order of paths, and what of the app's folders it does not get, with the reason."""

    files: tuple[SpaceFile, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """All files together, in bytes."""
        return sum(len(file.content) for file in self.files)


def select(root: Path = ROOT) -> Selection:
    """The files for a Space: in a git checkout those that git tracks, as they are here now.

    InputError if one that the app needs is missing or no text, or cannot be read.
    """
    files, left_out = [], []
    for name in sorted(name for name in _names(root) if _wanted(name)):
        reason, content = _read(root / name)
        if reason is None:
            files.append(SpaceFile(name, content))
        elif name.startswith("docs/"):
            left_out.append((name, reason))
        else:
            raise InputError(f"{root / name} is {reason}, and a Space takes text files alone. Mend it, then try again.")
    missing = sorted(set(NEEDED) - {file.path for file in files})
    if missing:
        raise InputError(f"{root} lacks {', '.join(missing)}, which a Space needs. Run this in a whole checkout.")
    return Selection(tuple(_without_pictures(files)), tuple(left_out))


def _wanted(name: str) -> bool:
    return name in FILES or name.startswith(tuple(f"{folder}/" for folder in FOLDERS))


def _names(root: Path) -> Iterator[str]:
    """The paths of the files below `root`, with slashes."""
    if (root / ".git").exists():
        yield from (name for name in _tracked(root) if (root / name).exists())
        return
    places = [root / name for name in FILES] + [path for folder in FOLDERS for path in (root / folder).rglob("*")]
    names = (path.relative_to(root).as_posix() for path in places if path.is_file())
    yield from (name for name in names if not MADE_HERE.search(name))


def _tracked(root: Path) -> Sequence[str]:
    command = ["git", "-C", str(root), "ls-files", "-z"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = error.strerror if isinstance(error, OSError) else error.stderr.strip()
        raise InputError(f"git cannot list the files of {root}: {said}. Mend that, then try again.") from error
    return [name for name in done.stdout.split("\0") if name]


def _read(path: Path) -> tuple[str | None, bytes]:
    """Why a Space does not get this file, None if it does; and what it holds."""
    if path.is_symlink():
        return "a link", b""
    if path.stat().st_size > MOST_BYTES:
        return f"larger than {MOST_BYTES // 1_000_000} MB", b""
    content = read_bytes(path, MOST_BYTES)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "binary", b""
    return ("binary" if b"\0" in content else None), content


def _without_pictures(files: Sequence[SpaceFile]) -> Iterator[SpaceFile]:
    """The files, with pictures that the Space does not get taken out of the README."""
    paths = {file.path for file in files}
    for file in files:
        if file.path != "README.md":
            yield file
            continue
        text = file.content.decode("utf-8")
        shown = PICTURE.sub(lambda found: found[0] if found["path"] in paths else "", text)
        yield SpaceFile(file.path, shown.encode())
