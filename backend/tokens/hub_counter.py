"""Reads the tokenizer of a model on the Hub."""

from __future__ import annotations

import tempfile
from pathlib import Path

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import RemoteEntryNotFoundError

from backend.errors import InputError
from backend.hub import Token, fetch_file, hub_errors
from backend.runs.hub import check_repo_id
from backend.tokens.counters import LARGEST_BYTES, TOKENIZER_FILES, TokenCounter, load_counter

FETCH_SECONDS = 120.0
READING = "read the tokenizer of"


def hub_counter(repo: str, token: Token, *, by_others: bool) -> TokenCounter:
    """Returns the tokenizer of a Hub repository. Raises InputError if it cannot be read.

    `by_others` says that somebody else named the repository. Only the command line uses the shared cache.
    """
    if by_others:
        check_repo_id(repo)
    with tempfile.TemporaryDirectory() as private:
        for file in TOKENIZER_FILES:
            path = _cached(repo, file) if token is None else _fetched(repo, file, Path(private), token)
            if path is not None:
                return load_counter(path.parent, repo)
    raise InputError(f"The model {repo} has neither tokenizer.json nor tokenizer.model.")


def _fetched(repo: str, file: str, folder: Path, token: Token) -> Path | None:
    return fetch_file(repo, file, folder, LARGEST_BYTES, token=token, seconds=FETCH_SECONDS, doing=READING)


def _cached(repo: str, file: str) -> Path | None:
    """Returns one file of a Hub repository, or None if it does not exist. Raises InputError if it cannot be read."""
    with hub_errors(repo, READING):
        try:
            return Path(hf_hub_download(repo, file))
        except RemoteEntryNotFoundError:
            return None
