"""What a doctor makes on Hugging Face goes away again, also when the doctor is killed.

A doctor calls all that it makes by one word: a repository `USER/fgt-doctor-WORD`, jobs with the label
`fgt-doctor=WORD`. The word begins with the time, so that anybody can tell how old its owner is. While it works, the
doctor holds a lock on a note of its word (notes.py). A later doctor removes what has such a word if the
note is here and no longer locked, because its owner is dead; or if no note is here and the word is older than any
doctor gets, because it was made on another machine or its note is lost. Nothing else is ever touched: names must match
to the letter, and the repository must be private and hold nothing but what a doctor puts there.

A login that may perhaps not delete uses one repository of a fixed name instead, `USER/fgt-doctor-kept`: if it stays,
the next doctor fills it again, and finds it although its note is lost and no listing shows it. A doctor that may delete
removes it as well.
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
from backend.jobs.huggingface import RAISED, job_errors, status, told
from backend.redact import plain_address

PREFIX, LABEL = "fgt-doctor-", "fgt-doctor"
KEPT = f"{PREFIX}kept"
REFUSED = (401, 403)
"""What the Hub answers to a login that lacks a permission: OAuth's 401, others' 403."""
NAME = re.compile(rf"{PREFIX}({WORD.pattern})")
OURS = re.compile(r"doctor\.(?:txt|bin)|\.gitattributes|README\.md|code/.*\.py")
"""The only files that a doctor's repository has; the Hub itself adds .gitattributes."""
MOST_LISTED = 200
LATE_SECONDS = (0.0, 1.0, 3.0)
"""When to try again to remove what was asked for without an answer: it may appear a little later."""


def repo_of(account: str, word: str) -> str:
    """The name of a doctor's one repository, a dataset."""
    return f"{account}/{PREFIX}{word}"


def kept_of(account: str) -> str:
    """The name of the one repository that may stay in an account."""
    return f"{account}/{KEPT}"


def address_of(repo: str) -> str:
    """Where its owner can delete a repository by hand."""
    return f"{plain_address(constants.ENDPOINT)}/datasets/{repo}/settings"


@dataclass(frozen=True, slots=True)
class Removal:
    """What could not be removed, in sentences with addresses; `refused` if the login may not delete the repository."""

    jobs: Sequence[str]
    repo: str = ""
    refused: bool = False

    @property
    def trouble(self) -> list[str]:
        """All of it."""
        return [*self.jobs, *([self.repo] if self.repo else [])]


def remove(account: str, word: str, token: str, *, repo: str | None = None, answered: bool = True) -> Removal:
    """Cancel the jobs of one word and delete its repository, by default the one of that word.

    `answered` is False if something was asked for and no answer came: then it is looked for a little longer.
    """
    removal = Removal([])
    for wait in LATE_SECONDS[: 1 if answered else None]:
        time.sleep(wait)
        told, refused = _delete(repo or repo_of(account, word), token)
        removal = Removal(list(_cancel_jobs(account, word, token)), told, refused)
    return removal


def kept_is_there(account: str, token: str) -> bool:
    """Whether the repository of the fixed name is there, and is a doctor's. InputError."""
    with job_errors("look for what an earlier check left"):
        return is_ours(kept_of(account), token)


def remove_kept(account: str, token: str) -> tuple[list[str], list[str]]:
    """As `remove_dead`, for the repository of the fixed name, unless it was filled of late. InputError."""
    repo = kept_of(account)
    if not kept_is_there(account, token) or _is_young(repo, token):
        return [], []
    told, _ = _delete(repo, token)
    return ([], [told]) if told else ([repo], [])


def _is_young(repo: str, token: str) -> bool:
    """Whether a doctor may be at work on it; the Hub tells when it was changed."""
    with job_errors("look for what an earlier check left"):
        changed = HfApi(token=token).dataset_info(repo).last_modified
    return changed is not None and time.time() - changed.timestamp() < OLDEST_SECONDS


def remove_dead(account: str, token: str) -> tuple[list[str], list[str]]:
    """Remove what doctors that are dead left in the account; what was removed, and what could not be.

    InputError if the Hub does not list what there is.
    """
    removed, trouble = [], []
    noted = notes.dead(account, constants.ENDPOINT)
    for word in sorted({*noted, *_seen(account, token)}):
        if word not in noted and not _abandoned(word):
            continue
        if _exists(account, word, token):
            left = remove(account, word, token).trouble
            trouble += left
            if not left:
                removed.append(repo_of(account, word))
                notes.drop(word)
        elif _old(word):  # until then another login of the account may see what this one does not
            notes.drop(word)
    return removed, trouble


def _abandoned(word: str) -> bool:
    """Whether no living doctor can have this word."""
    return not notes.is_held(word) and _old(word)


def _old(word: str) -> bool:
    return time.time() - notes.began(word) > OLDEST_SECONDS


def _seen(account: str, token: str) -> Iterator[str]:
    """The words of the repositories and the living jobs in the account."""
    api = HfApi(token=token)
    with job_errors("look for what an earlier check left"):
        for info in islice(api.list_datasets(author=account, search=PREFIX, limit=MOST_LISTED), MOST_LISTED):
            match = NAME.fullmatch(info.id.partition("/")[2])
            if match and info.id.partition("/")[0] == account:
                yield match[1]
    with suppress(*RAISED):  # a login that may not see jobs has made none
        for job in islice(api.list_jobs(namespace=account, status=["SCHEDULING", "RUNNING"]), MOST_LISTED):
            word = (job.labels or {}).get(LABEL, "")
            if WORD.fullmatch(word):
                yield word


def _exists(account: str, word: str, token: str) -> bool:
    """Whether something of this word is there to remove, and is a doctor's."""
    try:
        return bool(_living_jobs(account, word, token)) or is_ours(repo_of(account, word), token)
    except RAISED:
        return True  # removing says why that cannot be told


def is_ours(repo: str, token: str) -> bool:
    """Whether a repository is there, private, and holds nothing but a doctor's files. Raises the client's errors."""
    try:
        info = HfApi(token=token).dataset_info(repo)
    except RepositoryNotFoundError:
        return False
    return info.private is True and all(OURS.fullmatch(file.rfilename) for file in info.siblings or ())


def _living_jobs(account: str, word: str, token: str) -> list[JobInfo]:
    try:
        found = list(islice(HfApi(token=token).list_jobs(namespace=account, labels={LABEL: word}), MOST_LISTED))
    except HfHubHTTPError as error:
        if error.response.status_code in (401, 403):  # a login that may not see jobs has made none
            return []
        raise
    return [job for job in found if job.status.stage not in TERMINAL_JOB_STAGES]


def _cancel_jobs(account: str, word: str, token: str) -> Iterator[str]:
    try:
        jobs: Sequence[JobInfo] = _living_jobs(account, word, token)
    except RAISED as error:
        page = f"{constants.ENDPOINT}/settings/jobs"
        yield f"Whether jobs with the label {LABEL}={word} still run could not be told: {told(error)} See {page}."
        return
    for job in jobs:
        try:
            HfApi(token=token).cancel_job(job_id=job.id, namespace=account)
        except RAISED as error:
            yield f"The job {job.url} could not be cancelled: {told(error)}"


def _delete(repo: str, token: str) -> tuple[str, bool]:
    """Why a repository could not be deleted, empty if it is gone; and whether the login may not."""
    try:
        if is_ours(repo, token):
            HfApi(token=token).delete_repo(repo, repo_type="dataset", missing_ok=True)
    except RAISED as error:
        return f"{address_of(repo)} could not be deleted: {told(error)} Delete it there.", status(error) in REFUSED
    return "", False
