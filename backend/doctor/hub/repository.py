"""A private repository made, filled, read back, listed and deleted, as a run's are."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import ClassVar

from huggingface_hub import CommitOperationAdd, HfApi, constants
from huggingface_hub.errors import RepositoryNotFoundError

from backend.doctor.finding import Finding, failed, passed, unknown
from backend.doctor.hub.asking import asked
from backend.doctor.hub.leftovers import address_of, is_ours
from backend.doctor.hub.visit import Visit
from backend.hub import MB, fetch_file
from backend.redact import plain_address
from backend.runs import Scratch

MADE, FILLED, READ, LISTED, DELETED = (
    "Private repository", "Upload", "Read-back", "Listing of repositories", "Deleting",
)  # fmt: skip
TEXT, BINARY = "doctor.txt", "doctor.bin"
NOTE = b"Made by FunctionGemma Trainer's doctor, which deletes this repository again.\n"
BINARY_BYTES = 64 * 1024
LOOKS_SECONDS = (0.0, 1.0, 2.0)
"""When to look for what was just made: a listing may be a little late."""
TOKENS = (
    "Use a token that may write, from {endpoint}/settings/tokens, or log in again and grant access to repositories."
)
NOT_OURS = "{repo} is there already, and this login may not see it, or it is public or holds other files."
Checks = list[tuple[str, Callable[[], Finding]]]


def stays(repo: str) -> Finding:
    """What is said of the repository that a login may not delete."""
    seen = f"This login may not delete repositories, so {repo} stays, private; later checks use it again."
    return unknown(DELETED, seen, f"Training needs no deletion. To be rid of it, delete it at {address_of(repo)}.")


class Repository:
    """The checks of one visit's repository, each in need of those before it."""

    TITLES: ClassVar[Sequence[str]] = (MADE, FILLED, READ, LISTED, DELETED)

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._api = HfApi(token=visit.token)
        self._made = False
        self._revision: str | None = None
        self._files = {TEXT: NOTE, BINARY: secrets.token_bytes(BINARY_BYTES)}
        self._then = TOKENS.format(endpoint=plain_address(constants.ENDPOINT))

    def checks(self) -> Checks:
        """All but the last."""
        return [(MADE, self.make), (FILLED, self.fill), (READ, self.read), (LISTED, self.find)]

    def last_checks(self) -> Checks:
        """The deletion, once nothing needs the repository any more."""
        return [(DELETED, self.delete)]

    def make(self) -> Finding:
        """Make it, and see that it is private."""

        def act() -> Finding:
            with self._visit.asking():
                self._api.create_repo(self._visit.repo, repo_type="dataset", private=True, exist_ok=self._visit.keeps)
            if self._visit.keeps and not self._is_ours():
                return failed(MADE, NOT_OURS.format(repo=self._visit.repo), f"See {address_of(self._visit.repo)}.")
            self._made = True
            if self._api.dataset_info(self._visit.repo).private is not True:
                then = "Do not train on Hugging Face with this account: its data would be public. Please report this."
                return failed(MADE, "It was asked for as private, and is not.", then)
            return passed(MADE, f"{self._visit.repo} was made, and is private.")

        return asked(MADE, act, self._then)

    def _is_ours(self) -> bool:
        """Whether the repository of the fixed name, if it was there before, is one that a check may fill."""
        return is_ours(self._visit.repo, self._visit.token)

    def fill(self) -> Finding:
        """Upload a text and a binary file in one commit."""
        if not self._made:
            return unknown(FILLED, "No repository was made.")

        def act() -> Finding:
            operations = [CommitOperationAdd(name, content) for name, content in self._files.items()]
            done = self._api.create_commit(
                self._visit.repo, operations, commit_message="A doctor's files", repo_type="dataset"
            )
            self._revision = str(done.oid)
            return passed(FILLED, f"{TEXT} and {BINARY}, {BINARY_BYTES // 1024} kB, went up in one commit.")

        return asked(FILLED, act, self._then)

    def read(self) -> Finding:
        """Fetch both again, and compare the bytes."""
        if self._revision is None:
            return unknown(READ, "Nothing was uploaded.")
        with Scratch("doctor-") as folder:
            for name, content in self._files.items():
                path = fetch_file(
                    self._visit.repo, name, Path(folder), MB, token=self._visit.token, kind="dataset",
                    revision=self._revision, seconds=60.0,
                )  # fmt: skip
                if path is None or path.read_bytes() != content:
                    then = "Do not trust what is stored there. Please report this."
                    return failed(
                        READ, f"{name} came back {'not at all' if path is None else 'with other bytes'}.", then
                    )
        return passed(READ, "Both files came back byte for byte.")

    def find(self) -> Finding:
        """Whether the listing of private repositories shows it, by which runs are found again."""
        if not self._made:
            return unknown(LISTED, "No repository was made.")
        return asked(LISTED, self._listed, self._then)

    def _listed(self) -> Finding:
        name = self._visit.repo.partition("/")[2]
        for wait in LOOKS_SECONDS:
            time.sleep(wait)
            found = self._api.list_datasets(author=self._visit.account, search=name, limit=10)
            if any(info.id == self._visit.repo for info in islice(found, 10)):
                return passed(LISTED, "The repository is in the account's list, so runs are found again there.")
        then = "Runs are found again by their jobs alone, or with a login that may read all repositories."
        return failed(LISTED, "The repository is not in the account's list.", then)

    def delete(self) -> Finding:
        """Delete it, and see that it is gone."""
        if not self._made:
            return unknown(DELETED, "No repository was made.")
        self._visit.clean()
        if self._visit.trouble:
            return failed(DELETED, "; ".join(self._visit.trouble), "The next check of this account tries again.")
        if self._visit.stays:
            return stays(self._visit.repo)
        return asked(DELETED, self._gone, self._then)

    def _gone(self) -> Finding:
        try:
            self._api.dataset_info(self._visit.repo)
        except RepositoryNotFoundError:
            return passed(DELETED, "The repository is gone again.")
        return failed(DELETED, "The repository is still there after its deletion.", "Delete it on its page.")
