"""Finds the file of a dataset: a CSV on this machine, or a dataset repository on the Hub."""

from __future__ import annotations

import re
from pathlib import Path

from backend.data.text import listing
from backend.errors import InputError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def resolve_source(dataset: str, split: str, token: str | None = None) -> Path:
    """Returns the local CSV that `dataset` names: a path, or a Hub dataset whose file for `split` is downloaded.

    A download goes to a temporary folder, not to a shared cache, and is deleted when the process ends. Raises
    InputError, with the available files, if there is none.
    """
    path = Path(dataset).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        found = sorted(file.name for file in path.iterdir() if file.suffix == ".csv")
        raise InputError(f"{dataset} is a folder. Name one of its CSV files: {listing(found) or 'it has none'}.")
    local = dataset.startswith((".", "/", "~")) or dataset.endswith(".csv")
    if local or not _HUB_ID.fullmatch(dataset):
        folder = path.parent if path.parent.is_dir() else Path()
        found = sorted(file.name for file in folder.glob("*.csv"))
        there = f" There is: {listing(found)}." if found else ""
        raise InputError(f"There is no file {dataset}.{there} Name a CSV, or a Hub dataset such as name/my-tools.")
    from backend.data.rows.hub_dataset import fetch_dataset  # pandas and the Hub's client take longer than a check

    return fetch_dataset(dataset, split, token)
