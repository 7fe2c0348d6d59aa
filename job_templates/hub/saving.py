"""Putting what a job makes into its repository while it works: a lost machine loses little."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import TracebackType

from huggingface_hub import HfApi

from backend.errors import InputError
from backend.jobs.huggingface import RAISED, status
from backend.runs import Run, Scratch, last_saved_state
from backend.runs.hub import snapshot, upload_run, upload_unfinished
from job_templates.cli import say

TRIES = 4
PAUSE_SECONDS = 5.0
RETRY_SECONDS = 30.0
"""How long after a training's state could not be kept the next try is."""
BYTES_A_SECOND = 2e6
"""A repository's history keeps what is replaced: an unfinished training adds no more than this to it."""

LAST_SECONDS, CUT_SECONDS = 600.0, 5.0
"""How long an upload may still take when the work is done, and when the process was asked to end."""

REFUSED = (
    "Hugging Face no longer accepts the login that this job saves its results with, so the job ended. If it had saved "
    "anything before, that is in {repo}. Log in again, then start it again: it goes on from what was saved."
)


class Saver:
    """Uploads from a thread of its own while the work goes on; a failed upload there is a warning.

    `refused` says that the login has ended: nothing more can be saved, and more work would be lost.
    """

    def __init__(self, run: Run, repo_id: str, token: str) -> None:
        self._run = run
        self.repo_id = repo_id
        self._token = token
        self._wanted = threading.Event()
        self._done = threading.Event()
        self.refused = False
        self._kept_step = -1
        self._keep_not_before = 0.0
        self._thread = threading.Thread(target=self._save_when_wanted, name="save", daemon=True)

    def __enter__(self) -> Saver:
        kept = last_saved_state(self._run)
        self._kept_step = kept.step if kept else -1
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._wanted.set()
        self._thread.join(LAST_SECONDS if kind is None else CUT_SECONDS)

    def save_soon(self) -> None:
        """Upload what there is, as soon as the last upload is done."""
        self._wanted.set()

    def keep_unfinished(self) -> None:
        """Upload what the training would go on from, where it saved a new state and the repository may grow again."""
        if (
            time.monotonic() >= self._keep_not_before
            and (kept := last_saved_state(self._run))
            and kept.step > self._kept_step
        ):
            self._wanted.set()

    def save_all(self) -> None:
        """Upload everything now; InputError if the Hub refuses the login, or refuses again and again."""
        for left in reversed(range(TRIES)):
            try:
                say(f"Uploaded to {upload_run(self._run, self.repo_id, self._token)}")
                return
            except InputError as error:
                if self._is_refused():
                    raise InputError(REFUSED.format(repo=self.repo_id)) from error
                if not left:
                    raise
                say(f"warning: {error} Trying again.")
                time.sleep(PAUSE_SECONDS)

    def _save_when_wanted(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._done.is_set():
                return
            try:
                kept = last_saved_state(self._run)
                if self._run.checkpoint.exists() or kept is None:
                    upload_run(self._run, self.repo_id, self._token)
                elif kept.step > self._kept_step:
                    self._keep(kept.step)
            except Exception as error:  # noqa: BLE001 - whatever it is, the work is worth more
                self.refused = self._is_refused()
                if self.refused:
                    return
                say(f"warning: not saved yet: {error} The job goes on.")
                self._keep_not_before = time.monotonic() + RETRY_SECONDS

    def _is_refused(self) -> bool:
        """Whether an upload failed because the login is over: then the Hub does not know its owner either.

        The upload's own error need not say so: that of a large file has no status.
        """
        try:
            HfApi(token=self._token).whoami()
        except RAISED as refusal:
            return status(refusal) == 401
        return False

    def _keep(self, step: int) -> None:
        with Scratch(".keeping-", self._run.path) as folder:
            found = snapshot(self._run, Path(folder))
            if found is None:
                return
            upload_unfinished(Path(folder), self.repo_id, self._token)
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            self._kept_step, self._keep_not_before = max(step, found.step), time.monotonic() + size / BYTES_A_SECOND
        say(f"Step {self._kept_step} is kept in {self.repo_id}")
