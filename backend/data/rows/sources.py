"""Finds the files of a set: files on this machine, or a dataset repository on the Hub, in any known format."""

from __future__ import annotations

import atexit
import re
from dataclasses import dataclass
from pathlib import Path

from backend.data.imports import GivenFile, ImportSummary, import_files
from backend.data.text import listing
from backend.errors import InputError
from backend.files import write_bytes
from backend.runs import Scratch

ENDINGS = (".csv", ".tsv", ".jsonl", ".json", ".parquet", ".xlsx", ".ods", ".zip")
"""The endings of files that may hold rows; the first one is preferred."""
TOOLS_NAME = "tools.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class ResolvedSet:
    """The standard CSV and tools.json of a set, and what was read if they come from another format."""

    dataset: Path
    tools: Path
    summary: ImportSummary


def resolve_set(dataset: str, tools: str | Path | None, split: str, token: str | None = None) -> ResolvedSet:
    """Returns the files of a set; foreign formats are read into temporary files, deleted when the process ends.

    `dataset` is a path or the id of a Hub dataset, of which the file for `split` is read. Without `tools`, the dataset
    must declare them. A path of `tools` that is no file is returned as it is. Raises InputError.
    """
    rows, found = _find(dataset, split, token)
    path = Path(tools).expanduser() if tools else found
    if path is not None and not path.is_file():
        return ResolvedSet(rows, path, ImportSummary())
    given = [GivenFile(rows, rows.name, "rows"), *([GivenFile(path, path.name, "tools")] if path else [])]
    read = import_files(given)
    if read.missing:
        raise InputError(f"{read.missing} Name {'it with --tools' if not path else 'them with --dataset'}.")
    if isinstance(read.dataset, Path) and isinstance(read.tools, Path):
        return ResolvedSet(read.dataset, read.tools, read.summary)
    scratch = Scratch("imported-")
    atexit.register(scratch.cleanup)
    folder = Path(scratch.name)
    return ResolvedSet(
        _as_file(read.dataset, folder / read.name), _as_file(read.tools, folder / TOOLS_NAME), read.summary
    )


def resolve_source(dataset: str, split: str, token: str | None = None) -> Path:
    """Returns the local file that `dataset` names: a path, or a Hub dataset whose file for `split` is downloaded.

    A download goes to a temporary folder, not to a shared cache, and is deleted when the process ends. Raises
    InputError, with the available files, if there is none.
    """
    return _find(dataset, split, token)[0]


def _as_file(content: Path | bytes, path: Path) -> Path:
    if isinstance(content, Path):
        return content
    write_bytes(path, content)
    return path


def _find(dataset: str, split: str, token: str | None) -> tuple[Path, Path | None]:
    """Returns the file of rows, and the tools.json beside it in a dataset on the Hub, if there is one."""
    path = Path(dataset).expanduser()
    if path.is_file():
        return path, None
    if path.is_dir():
        found = sorted(file.name for file in path.iterdir() if file.suffix in ENDINGS)
        raise InputError(f"{dataset} is a folder. Name one of its files: {listing(found) or 'it has none of rows'}.")
    local = dataset.startswith((".", "/", "~")) or dataset.endswith(ENDINGS)
    if local or not _HUB_ID.fullmatch(dataset):
        folder = path.parent if path.parent.is_dir() else Path()
        found = sorted(file.name for file in folder.iterdir() if file.suffix in ENDINGS)
        there = f" There is: {listing(found)}." if found else ""
        raise InputError(f"There is no file {dataset}.{there} Name a CSV, or a Hub dataset such as name/my-tools.")
    from backend.data.rows.hub_dataset import fetch_dataset  # the Hub's client takes longer to load than a check

    return fetch_dataset(dataset, split, token)
