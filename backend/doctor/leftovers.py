"""What a doctor makes on Hugging Face goes away again, also when the doctor is killed.

A doctor calls all that it makes by one word: a repository `USER/fgt-doctor-WORD`, jobs with the label
`fgt-doctor=WORD`. The word begins with the time, so that anybody can tell how old its owner is. While it works, the
doctor holds a lock on a note of its word (backend/doctor/notes.py). A later doctor removes what has such a word if the
note is here and no longer locked, because its owner is dead; or if no note is here and the word is older than any
doctor gets, because it was made on another machine or its note is lost. Nothing else is ever touched: names must match
to the letter, and the repository must be private and hold nothing but what a doctor puts there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from huggingface_hub import HfApi, JobInfo, constants
from huggingface_hub._jobs_api import TERMINAL_JOB_STAGES
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from backend.doctor import notes
from backend.doctor.notes import OLDEST_SECONDS, WORD
from backend.errors import InputError
from backend.jobs.huggingface.errors import RAISED, job_errors, told

PREFIX, LABEL = "fgt-doctor-", "fgt-doctor"
NAME = re.compile(rf"{PREFIX}({WORD.pattern})")
OURS = re.compile(r"doctor\.(?:txt|bin)|\.gitattributes|README\.md|code/.*\.py")
"""The only files that a doctor's repository has; the Hub itself adds .gitattributes."""
MOST_LISTED = 200
LATE_SECONDS = (0.0, 1.0, 3.0)
"""When to try again to remove what was asked for without an answer: it may appear a little later."""


def repo_of(account: str, word: str) -> str:
    """The name of a doctor's one repository, a dataset."""
    return f"{account}/{PREFIX}{word}"


def address_of(repo: str) -> str:
    """Where its owner can delete a repository by hand."""
    return f"{constants.ENDPOINT}/datasets/{repo}/settings"


def remove(account: str, word: str, token: str, *, answered: bool = True) -> list[str]:
    """Cancel the jobs and delete the repository of one word; what could not be, in sentences with addresses.

    `answered` is False if something was asked for and no answer came: then it is looked for a little longer.
    """
    trouble: list[str] = []
    for wait in LATE_SECONDS[: 1 if answered else None]:
        time.sleep(wait)
        trouble = [*_cancel_jobs(account, word, token), *_delete(repo_of(account, word), token)]
    return trouble


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
            left = remove(account, word, token)
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
        return bool(_living_jobs(account, word, token)) or _is_ours(repo_of(account, word), token)
    except RAISED:
        return True  # removing says why that cannot be told


def _is_ours(repo: str, token: str) -> bool:
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


def _delete(repo: str, token: str) -> Iterator[str]:
    try:
        if _is_ours(repo, token):
            HfApi(token=token).delete_repo(repo, repo_type="dataset", missing_ok=True)
    except RAISED as error:
        yield f"{address_of(repo)} could not be deleted: {told(error)} Delete it there."
    except InputError as error:
        yield str(error)
