"""Removes what a doctor made on Hugging Face, also if the doctor was killed.

All objects of a doctor have its id, called the word: a repository `USER/fgt-doctor-WORD` and jobs with the label
`fgt-doctor=WORD`. The word begins with the time, which shows the age of the objects. While it works, the doctor holds a
lock on a note of its word (notes.py). A later doctor removes the objects of a word in two cases: the note is on this
machine and not locked, because the doctor has ended; or there is no note and the word is older than any doctor runs.
Nothing else is removed: the name must match exactly, and the repository must be private and contain only a doctor's
files.

A login that may lack the permission to delete uses one repository of a fixed name, `USER/fgt-doctor-kept`. If that
cannot be deleted, the next doctor fills it again; it needs no note and no list to find it. A doctor that may delete
removes it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from huggingface_hub import HfApi, JobInfo, constants
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from backend.doctor.hub import notes
from backend.doctor.hub.notes import OLDEST_SECONDS, WORD
from backend.jobs.huggingface import RAISED, error_reason, job_errors, status
from backend.redact import plain_address

SEARCHING = "search for the files of earlier checks"
PREFIX, LABEL = "fgt-doctor-", "fgt-doctor"
FIXED_NAME = f"{PREFIX}kept"
REFUSED = (401, 403)
"""The Hub's status if the login lacks a permission: 401 for OAuth, 403 for other tokens."""
NAME = re.compile(rf"{PREFIX}({WORD.pattern})")
OURS = re.compile(r"doctor\.(?:txt|bin)|\.gitattributes|README\.md|code/.*\.py")
"""The only files that a doctor's repository has; the Hub itself adds .gitattributes."""
MOST_LISTED = 200
LATE_SECONDS = (0.0, 1.0, 3.0)
"""Seconds before each removal of an object whose request got no answer: it may appear a little later."""


def repo_of(account: str, word: str) -> str:
    """Returns the name of the dataset repository of a doctor."""
    return f"{account}/{PREFIX}{word}"


def fixed_repo_of(account: str) -> str:
    """Returns the name of the repository that can stay in an account."""
    return f"{account}/{FIXED_NAME}"


def address_of(repo: str) -> str:
    """Returns the address of the page on which its owner can delete a repository."""
    return f"{plain_address(constants.ENDPOINT)}/datasets/{repo}/settings"


@dataclass(frozen=True, slots=True)
class Removal:
    """Messages about what could not be removed; `refused` is True if the login may not delete the repository."""

    jobs: Sequence[str]
    repo: str = ""
    refused: bool = False

    @property
    def problems(self) -> list[str]:
        """All messages."""
        return [*self.jobs, *([self.repo] if self.repo else [])]


def remove(account: str, word: str, token: str, *, repo: str | None = None, answered: bool = True) -> Removal:
    """Cancels the jobs of one word and deletes a repository, by default the one of that word.

    `answered` is False if a request got no answer; then the removal is repeated, because its object may appear later.
    """
    removal = Removal([])
    for wait in LATE_SECONDS[: 1 if answered else None]:
        time.sleep(wait)
        problem, refused = _delete(repo or repo_of(account, word), token)
        removal = Removal(list(_cancel_jobs(account, word, token)), problem, refused)
    return removal


def fixed_repo_exists(account: str, token: str) -> bool:
    """Whether the repository of the fixed name exists and is a doctor's. Raises InputError if the Hub fails."""
    with job_errors(SEARCHING):
        return is_ours(fixed_repo_of(account), token)


def remove_fixed_repo(account: str, token: str) -> tuple[list[str], list[str]]:
    """Does the same as `remove_dead` for the repository of the fixed name, unless it was changed recently."""
    repo = fixed_repo_of(account)
    if not fixed_repo_exists(account, token) or _is_young(repo, token):
        return [], []
    problem, _ = _delete(repo, token)
    return ([], [problem]) if problem else ([repo], [])


def _is_young(repo: str, token: str) -> bool:
    """Whether a doctor may still use the repository, by the time of its last change."""
    with job_errors(SEARCHING):
        changed = HfApi(token=token).dataset_info(repo).last_modified
    return changed is not None and time.time() - changed.timestamp() < OLDEST_SECONDS


def remove_dead(account: str, token: str) -> tuple[list[str], list[str]]:
    """Removes the objects of ended doctors in the account; returns the removed repositories and the problems.

    Raises InputError if the Hub does not list the repositories.
    """
    removed, problems = [], []
    noted = notes.dead(account, constants.ENDPOINT)
    for word in sorted({*noted, *_listed_words(account, token)}):
        if word not in noted and not _abandoned(word):
            continue
        if _exists(account, word, token):
            left = remove(account, word, token).problems
            problems += left
            if not left:
                removed.append(repo_of(account, word))
                notes.remove_note(word)
        elif _old(word):  # before that, another login may see objects that this login cannot
            notes.remove_note(word)
    return removed, problems


def _abandoned(word: str) -> bool:
    """Whether no running doctor can have this word."""
    return not notes.is_held(word) and _old(word)


def _old(word: str) -> bool:
    return time.time() - notes.started_at(word) > OLDEST_SECONDS


def _listed_words(account: str, token: str) -> Iterator[str]:
    """Yields the words of the repositories and the active jobs in the account."""
    api = HfApi(token=token)
    with job_errors(SEARCHING):
        for info in islice(api.list_datasets(author=account, search=PREFIX, limit=MOST_LISTED), MOST_LISTED):
            match = NAME.fullmatch(info.id.partition("/")[2])
            if match and info.id.partition("/")[0] == account:
                yield match[1]
    with suppress(*RAISED):  # a login that may not list jobs has made none
        for job in islice(api.list_jobs(namespace=account, status=["SCHEDULING", "RUNNING"]), MOST_LISTED):
            word = (job.labels or {}).get(LABEL, "")
            if WORD.fullmatch(word):
                yield word


def _exists(account: str, word: str, token: str) -> bool:
    """Whether an active job or a doctor's repository of this word exists."""
    try:
        return bool(_living_jobs(account, word, token)) or is_ours(repo_of(account, word), token)
    except RAISED:
        return True  # the removal reports the error


def is_ours(repo: str, token: str) -> bool:
    """Whether a repository exists, is private, and has only a doctor's files. Raises the client's errors."""
    try:
        info = HfApi(token=token).dataset_info(repo)
    except RepositoryNotFoundError:
        return False
    return info.private is True and all(OURS.fullmatch(file.rfilename) for file in info.siblings or ())


def _living_jobs(account: str, word: str, token: str) -> list[JobInfo]:
    try:
        found = list(islice(HfApi(token=token).list_jobs(namespace=account, labels={LABEL: word}), MOST_LISTED))
    except HfHubHTTPError as error:
        if error.response.status_code in REFUSED:  # a login that may not list jobs has made none
            return []
        raise
    return [job for job in found if job.status.stage not in TERMINAL_JOB_STAGES]


def _cancel_jobs(account: str, word: str, token: str) -> Iterator[str]:
    try:
        jobs: Sequence[JobInfo] = _living_jobs(account, word, token)
    except RAISED as error:
        page = f"{constants.ENDPOINT}/settings/jobs"
        yield f"Could not list the jobs with the label {LABEL}={word}: {error_reason(error)} See {page}."
        return
    for job in jobs:
        try:
            HfApi(token=token).cancel_job(job_id=job.id, namespace=account)
        except RAISED as error:
            yield f"The job {job.url} could not be cancelled: {error_reason(error)}"


def _delete(repo: str, token: str) -> tuple[str, bool]:
    """Returns why a repository could not be deleted, empty if it is deleted, and whether the login lacks permission."""
    try:
        if is_ours(repo, token):
            HfApi(token=token).delete_repo(repo, repo_type="dataset", missing_ok=True)
    except RAISED as error:
        return f"{address_of(repo)} could not be deleted: {error_reason(error)} Delete it there.", status(
            error
        ) in REFUSED
    return "", False
