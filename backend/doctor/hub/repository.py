"""Makes, fills, reads, lists and deletes a private repository in the same way as a run does."""

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
from backend.doctor.hub.hub_finding import hub_finding
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
SEARCH_DELAYS = (0.0, 1.0, 2.0)
"""Seconds before each search for a new repository: the list may be updated a little later."""
TOKENS = (
    "Use a token that may write, from {endpoint}/settings/tokens, or log in again and grant access to repositories."
)
NOT_OURS = "{repo} exists already, but this login may not read it, or it is public or has other files."
Checks = list[tuple[str, Callable[[], Finding]]]


def stays(repo: str) -> Finding:
    """Returns the finding about a repository that the login may not delete."""
    seen = f"This login may not delete repositories, so {repo} stays, private; later checks use it again."
    return unknown(
        DELETED, seen, f"Training does not need this permission. You can delete the repository at {address_of(repo)}."
    )


class Repository:
    """The checks of one visit's repository; each needs the results of the earlier ones."""

    TITLES: ClassVar[Sequence[str]] = (MADE, FILLED, READ, LISTED, DELETED)

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._api = HfApi(token=visit.token)
        self._made = False
        self._revision: str | None = None
        self._files = {TEXT: NOTE, BINARY: secrets.token_bytes(BINARY_BYTES)}
        self._advice = TOKENS.format(endpoint=plain_address(constants.ENDPOINT))

    def checks(self) -> Checks:
        """Returns all checks but the deletion."""
        return [(MADE, self.make), (FILLED, self.fill), (READ, self.read), (LISTED, self.find)]

    def last_checks(self) -> Checks:
        """Returns the check of the deletion, which runs after the jobs."""
        return [(DELETED, self.delete)]

    def make(self) -> Finding:
        """Makes the repository, and checks that it is private."""

        def act() -> Finding:
            with self._visit.requesting():
                self._api.create_repo(self._visit.repo, repo_type="dataset", private=True, exist_ok=self._visit.reuses)
            if self._visit.reuses and not self._is_ours():
                return failed(MADE, NOT_OURS.format(repo=self._visit.repo), f"See {address_of(self._visit.repo)}.")
            self._made = True
            if self._api.dataset_info(self._visit.repo).private is not True:
                then = "Do not train on Hugging Face with this account: its data would be public. Please report this."
                return failed(MADE, "The repository is public, although the app requested a private one.", then)
            return passed(MADE, f"{self._visit.repo} was made, and is private.")

        return hub_finding(MADE, act, self._advice)

    def _is_ours(self) -> bool:
        """Whether a check may fill the repository of the fixed name."""
        return is_ours(self._visit.repo, self._visit.token)

    def fill(self) -> Finding:
        """Uploads a text file and a binary file in one commit."""
        if not self._made:
            return unknown(FILLED, "No repository was made.")

        def act() -> Finding:
            operations = [CommitOperationAdd(name, content) for name, content in self._files.items()]
            done = self._api.create_commit(
                self._visit.repo, operations, commit_message="A doctor's files", repo_type="dataset"
            )
            self._revision = str(done.oid)
            return passed(FILLED, f"{TEXT} and {BINARY}, {BINARY_BYTES // 1024} kB, were uploaded in one commit.")

        return hub_finding(FILLED, act, self._advice)

    def read(self) -> Finding:
        """Downloads both files, and compares the bytes."""
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
                    return failed(READ, f"{name} {'could not be downloaded' if path is None else 'was changed'}.", then)
        return passed(READ, "Both files were downloaded without a change.")

    def find(self) -> Finding:
        """Checks that the list of private repositories contains it; the app finds runs by that list."""
        if not self._made:
            return unknown(LISTED, "No repository was made.")
        return hub_finding(LISTED, self._listed, self._advice)

    def _listed(self) -> Finding:
        name = self._visit.repo.partition("/")[2]
        for wait in SEARCH_DELAYS:
            time.sleep(wait)
            found = self._api.list_datasets(author=self._visit.account, search=name, limit=10)
            if any(info.id == self._visit.repo for info in islice(found, 10)):
                return passed(LISTED, "The repository is in the account's list, so the app can find your runs again.")
        then = "The app finds runs again only by their jobs, or with a login that may read all repositories."
        return failed(LISTED, "The repository is not in the account's list.", then)

    def delete(self) -> Finding:
        """Deletes the repository, and checks that it no longer exists."""
        if not self._made:
            return unknown(DELETED, "No repository was made.")
        self._visit.clean()
        if self._visit.problems:
            return failed(DELETED, "; ".join(self._visit.problems), "The next check of this account tries again.")
        if self._visit.stays:
            return stays(self._visit.repo)
        return hub_finding(DELETED, self._is_deleted, self._advice)

    def _is_deleted(self) -> Finding:
        try:
            self._api.dataset_info(self._visit.repo)
        except RepositoryNotFoundError:
            return passed(DELETED, "The repository is deleted.")
        return failed(DELETED, "The repository is still there after its deletion.", "Delete it on its page.")
