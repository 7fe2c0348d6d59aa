"""Downloads the files of a dataset from the Hub: the rows of a split, and the tools.json beside them."""

from __future__ import annotations

import atexit
import re
from pathlib import Path

from backend.data.rows.sources import ENDINGS, TOOLS_NAME
from backend.data.text import listing
from backend.errors import InputError
from backend.files import disk_errors
from backend.hub import MB, Limits, fetch_file, list_files
from backend.runs import Scratch

LIMITS = Limits(entries=100_000, file_bytes=1_000 * MB)
FETCH_SECONDS = 3_600.0
READING = "read the dataset"
_ABOUT = re.compile(r"(?:^|/)(?:dataset_infos?|config|tools|package|tokenizer\w*|\.[^/]*)(?:\.json)?$")
"""Files about a dataset, which end as files of rows do."""


def fetch_dataset(repo: str, split: str, token: str | None) -> tuple[Path, Path | None]:
    """Returns the split's file of a dataset repository, and its tools.json or None.

    Raises InputError with the available files if there is no file for the split.
    """
    scratch = Scratch("dataset-")
    atexit.register(scratch.cleanup)
    folder = Path(scratch.name)
    with disk_errors(folder):
        listing = list_files(repo, lambda *_: False, LIMITS, token=token, kind="dataset", doing=READING)

        def fetched(name: str) -> Path:
            path = fetch_file(
                repo, name, folder, LIMITS.file_bytes, token=token, kind="dataset", revision=listing.revision,
                seconds=FETCH_SECONDS, doing=READING,
            )  # fmt: skip
            if path is None:
                raise InputError(f"{name} is no longer in the dataset {repo}. Try again.")
            return path

        names = list(listing.names)
        rows = fetched(choose_file(names, split, repo))
        return rows, fetched(TOOLS_NAME) if TOOLS_NAME in names else None


def choose_file(files: list[str], split: str, repo: str) -> str:
    """Returns the file of a dataset repository with the split. Raises InputError with the available files."""
    readable = [file for file in files if file.endswith(ENDINGS) and not _ABOUT.search(file)]
    named = [file for file in readable if split.casefold() in re.split(r"[^a-z0-9]+", file.casefold())]
    ranked = sorted(named, key=lambda file: (ENDINGS.index(Path(file).suffix), file))
    if ranked and sum(Path(file).suffix == Path(ranked[0]).suffix for file in ranked) == 1:
        return ranked[0]
    if not named and len(readable) == 1:
        return readable[0]
    what = "several files" if named else "no file"
    raise InputError(
        f"The dataset {repo} has {what} for the split {split!r}. It has: {listing(readable or files) or 'no files'}. "
        "Choose another split, or download the file and enter its path."
    )
