"""The upload of a job's results while it works, so that little is lost if the machine is lost."""

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
"""The time from a failed upload of a training's state to the next attempt."""
BYTES_A_SECOND = 2e6
"""The most bytes per second of training that its saved states may add to the repository, whose history stores them."""

LAST_SECONDS, CUT_SECONDS = 600.0, 5.0
"""The most seconds for the last upload when the work is done, and when the process was asked to end."""

REFUSED = (
    "Hugging Face no longer accepts the login that this job saves its results with, so the job ended. Anything that it "
    "saved before is in {repo}. Log in again, then start the job again: it continues from the saved state."
)


class Saver:
    """Uploads the run in a separate thread during the work. A failed upload prints a warning.

    `refused` is True if the login has ended: nothing more can be saved, and further work would be lost.
    """

    def __init__(self, run: Run, repo_id: str, token: str) -> None:
        self._run = run
        self.repo_id = repo_id
        self._token = token
        self._requested = threading.Event()
        self._done = threading.Event()
        self.refused = False
        self._uploaded_step = -1
        self._next_upload = 0.0
        self._thread = threading.Thread(target=self._save_on_request, name="save", daemon=True)

    def __enter__(self) -> Saver:
        saved = last_saved_state(self._run)
        self._uploaded_step = saved.step if saved else -1
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._requested.set()
        self._thread.join(LAST_SECONDS if kind is None else CUT_SECONDS)

    def save_soon(self) -> None:
        """Upload the run as soon as the current upload is done."""
        self._requested.set()

    def save_unfinished(self) -> None:
        """Upload the training's last saved state if it is new and the repository may grow again."""
        if (
            time.monotonic() >= self._next_upload
            and (saved := last_saved_state(self._run))
            and saved.step > self._uploaded_step
        ):
            self._requested.set()

    def save_all(self) -> None:
        """Upload everything now. Raises InputError if the Hub refuses the login, or every attempt fails."""
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

    def _save_on_request(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            if self._done.is_set():
                return
            try:
                saved = last_saved_state(self._run)
                if self._run.checkpoint.exists() or saved is None:
                    upload_run(self._run, self.repo_id, self._token)
                elif saved.step > self._uploaded_step:
                    self._upload_unfinished(saved.step)
            except Exception as error:  # noqa: BLE001 - no failed upload may end the work
                self.refused = self._is_refused()
                if self.refused:
                    return
                say(f"warning: not saved yet: {error} The job continues.")
                self._next_upload = time.monotonic() + RETRY_SECONDS

    def _is_refused(self) -> bool:
        """Whether an upload failed because the login has ended: then `whoami` has status 401.

        The upload's own error is not enough, because that of a large file has no status.
        """
        try:
            HfApi(token=self._token).whoami()
        except RAISED as refusal:
            return status(refusal) == 401
        return False

    def _upload_unfinished(self, step: int) -> None:
        with Scratch(".keeping-", self._run.path) as folder:
            found = snapshot(self._run, Path(folder))
            if found is None:
                return
            upload_unfinished(Path(folder), self.repo_id, self._token)
            size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
            self._uploaded_step, self._next_upload = max(step, found.step), time.monotonic() + size / BYTES_A_SECOND
        say(f"Step {self._uploaded_step} is saved in {self.repo_id}")
