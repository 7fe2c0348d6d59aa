"""Downloads files of another author's repository, with limits on their number, size and time.

The sizes that a repository states are not trusted: the download itself stops at the limit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import RemoteEntryNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import get_session, hf_raise_for_status

from backend.errors import InputError
from backend.files import disk_errors
from backend.hub.errors import hub_errors

Kind = Literal["model", "dataset"]
Token = str | Literal[False] | None
"""A token; False for no token; None for the token that the client finds itself, only on the command line."""
CHUNK_BYTES = 64 * 1024
MB = 1024 * 1024
SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one repository: listed entries, files, bytes per file, bytes in total, and characters of a name."""

    entries: int = 10_000
    files: int = 300
    file_bytes: int = 48 * MB
    total_bytes: int = 200 * MB
    name: int = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """A repository at one commit: the wanted files with the sizes that the Hub states, and the names of all."""

    revision: str
    wanted: Mapping[str, int]
    names: tuple[str, ...]


@dataclass(slots=True)
class Room:
    """The bytes that may still be fetched for one purpose."""

    bytes: int


def list_files(
    repo_id: str, wanted: Callable[[str, int], bool], limits: Limits, *, token: Token, kind: Kind = "model",
    doing: str = "read",
) -> Listing:  # fmt: skip
    """The files of a repository's newest commit; `wanted` selects by name and stated size which of them to fetch.

    Names that are too long or point outside the folder are left out. Raises InputError if there are too many entries,
    wanted files or bytes.
    """
    api = HfApi(token=token)
    with hub_errors(repo_id, doing, kind):
        info = api.dataset_info if kind == "dataset" else api.model_info
        revision = str(info(repo_id, expand=["sha"]).sha)
        tree = api.list_repo_tree(repo_id, recursive=True, revision=revision, repo_type=kind)
        entries = list(islice(tree, limits.entries + 1))
    if len(entries) > limits.entries:
        raise InputError(f"{repo_id} has more than {limits.entries:,} files. Remove some there, then try again.")
    sizes = {file.path: file.size for file in entries if isinstance(file, RepoFile) and _plain(file.path, limits)}
    chosen = {name: size for name, size in sizes.items() if wanted(name, size)}
    if len(chosen) > limits.files or sum(chosen.values()) > limits.total_bytes:
        raise InputError(
            f"{repo_id} has {len(chosen):,} files to read with {sum(chosen.values()) / MB:,.0f} MB; at most "
            f"{limits.files:,} files with {limits.total_bytes / MB:,.0f} MB are read. Remove what is not needed."
        )
    return Listing(revision, chosen, tuple(sizes))


def fetch_file(
    repo_id: str, name: str, folder: Path, most_bytes: int, *, token: Token, kind: Kind = "model",
    revision: str = "main", seconds: float = SECONDS, doing: str = "read",
) -> Path | None:  # fmt: skip
    """Download one file into `folder` under its own name, without a cache; None if there is no such file.

    Raises InputError if it has more than `most_bytes` or takes longer than `seconds`, whatever size the Hub states.
    """
    target = folder / name
    url = hf_hub_url(repo_id, name, repo_type=kind, revision=revision)
    headers = {**build_hf_headers(token=token), "Accept-Encoding": "identity"}
    with disk_errors(target), hub_errors(repo_id, doing, kind):  # the Hub's errors are OSErrors too
        try:
            with get_session().stream("GET", url, headers=headers) as response:
                if response.status_code >= 400:
                    response.read()
                hf_raise_for_status(response)
                target.parent.mkdir(parents=True, exist_ok=True)
                _save(response.iter_raw(CHUNK_BYTES), target, _Bound(repo_id, name, most_bytes, seconds))
        except RemoteEntryNotFoundError:
            return None
    return target


def fetch_all(
    repo_id: str, listing: Listing, folder: Path, limits: Limits, room: Room, *, token: Token, kind: Kind = "model",
    doing: str = "read",
) -> None:  # fmt: skip
    """Download the wanted files of a listing into `folder`.

    Raises InputError if one has more bytes than `limits` or `room` allow.
    """
    for name in listing.wanted:
        most = min(limits.file_bytes, room.bytes)
        path = fetch_file(repo_id, name, folder, most, token=token, kind=kind, revision=listing.revision, doing=doing)
        room.bytes -= path.stat().st_size if path else 0


@dataclass(frozen=True, slots=True)
class _Bound:
    repo_id: str
    name: str
    bytes: int
    seconds: float

    def refuse(self, what: str) -> InputError:
        return InputError(f"{self.name[:80]} in {self.repo_id} {what}. Put a smaller file there, then try again.")


def _save(chunks: Iterable[bytes], target: Path, bound: _Bound) -> None:
    """Write the chunks; an incomplete file is removed."""
    size, ends = 0, time.monotonic() + bound.seconds
    try:
        with target.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > bound.bytes:
                    raise bound.refuse(f"has more than {bound.bytes / MB:,.0f} MB")
                if time.monotonic() > ends:
                    raise bound.refuse(f"was not read within {bound.seconds:,.0f} seconds")
                file.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _plain(name: str, limits: Limits) -> bool:
    """Whether the name stays in its folder and is short enough for a file system."""
    parts = name.split("/")
    return len(name) <= limits.name and all(part not in ("", ".", "..") and "\\" not in part for part in parts)
