"""Downloads a dataset from the Hub and writes it as a CSV."""

from __future__ import annotations

import atexit
import json
import re
from pathlib import Path

import pandas

from backend.data.text import listing
from backend.errors import InputError
from backend.files import disk_errors
from backend.hub import MB, Limits, fetch_file, list_files
from backend.runs import Scratch

LIMITS = Limits(entries=100_000, file_bytes=1_000 * MB)
FETCH_SECONDS = 3_600.0
READING = "read the dataset"
_READ = (".csv", ".tsv", ".jsonl", ".parquet")


def fetch_dataset(repo: str, split: str, token: str | None) -> Path:
    """Returns the split's file of a dataset repository, as a CSV. Raises InputError with the available files."""
    scratch = Scratch("dataset-")
    atexit.register(scratch.cleanup)
    folder = Path(scratch.name)
    with disk_errors(folder):
        listing = list_files(repo, lambda *_: False, LIMITS, token=token, kind="dataset", doing=READING)
        name = choose_file(list(listing.names), split, repo)
        fetched = fetch_file(
            repo, name, folder, LIMITS.file_bytes, token=token, kind="dataset", revision=listing.revision,
            seconds=FETCH_SECONDS, doing=READING,
        )  # fmt: skip
    if fetched is None:
        raise InputError(f"{name} is no longer in the dataset {repo}. Try again.")
    return fetched if fetched.suffix == ".csv" else to_csv(fetched)


def choose_file(files: list[str], split: str, repo: str) -> str:
    """Returns the file of a dataset repository with the split. Raises InputError with the available files."""
    readable = [file for file in files if file.endswith(_READ)]
    named = [file for file in readable if split.casefold() in re.split(r"[^a-z0-9]+", file.casefold())]
    ranked = sorted(named, key=lambda file: (_READ.index(Path(file).suffix), file))
    if ranked and sum(Path(file).suffix == Path(ranked[0]).suffix for file in ranked) == 1:
        return ranked[0]
    if not named and len(readable) == 1:
        return readable[0]
    what = "several files" if named else "no file"
    raise InputError(
        f"The dataset {repo} has {what} for the split {split!r}. It has: {listing(readable or files) or 'no files'}. "
        "Choose another split, or download the CSV and enter its path."
    )


def to_csv(path: Path) -> Path:
    """Returns a table in another format as a CSV in the same folder; lists and objects in cells become JSON."""
    try:
        if path.suffix == ".parquet":
            table = pandas.read_parquet(path)
        elif path.suffix == ".jsonl":
            table = pandas.read_json(path, lines=True, dtype=False)
        else:
            return path
    except (ImportError, ValueError, OSError) as error:
        raise InputError(
            f"{path.name} cannot be read: {error}. Save it as CSV with user_message and tool_calls."
        ) from error
    out = path.with_suffix(".csv")
    table.map(_as_text).to_csv(out, index=False, lineterminator="\n")
    return out


def _as_text(value: object) -> object:
    value = value.tolist() if hasattr(value, "tolist") else value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
