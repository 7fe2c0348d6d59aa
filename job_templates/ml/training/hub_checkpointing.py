"""The upload of saved states to the run's Hub repository during the training."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from backend.errors import InputError
from backend.runs import Run, Scratch
from backend.runs.hub import snapshot, upload_unfinished
from job_templates.cli import say

BYTES_A_SECOND = 2e6
"""The most bytes per second (7 GB an hour) that states may add to the repository, whose history stores them all."""
LAST_SECONDS, CUT_SECONDS = 150.0, 25.0
"""The most seconds for an upload when the training is done, and when the process was asked to end."""


@contextmanager
def uploaded_to_hub(run: Run, repo_id: str | None, add: Callable[[TrainerCallback], None]) -> Iterator[None]:
    """Upload every saved state inside this context to the repository, if there is one.

    `add` adds a callback to the Trainer. A failed upload prints a warning. If the training is interrupted, the last
    state is still uploaded if that takes at most CUT_SECONDS.
    """
    if repo_id is None:
        yield
        return
    uploader = StateUploader(run, repo_id)
    add(_Callback(uploader))
    try:
        yield
    except BaseException:
        uploader.finish(CUT_SECONDS, flush=True)
        raise
    uploader.finish(LAST_SECONDS, flush=False)


class StateUploader:
    """Uploads snapshots in a separate thread. If they are saved faster than uploaded, only the newest is uploaded."""

    def __init__(self, run: Run, repo_id: str) -> None:
        self._run = run
        self._repo_id = repo_id
        self._scratch = Scratch(".keeping-", run.path)
        self._folder = Path(self._scratch.name)
        self._changed = threading.Condition()
        self._waiting: tuple[Path, int] | None = None
        self._not_before = 0.0
        self._done = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def upload_soon(self) -> None:
        """Request the upload of the state that was just saved."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            saved = snapshot(self._run, folder)
        except InputError as error:
            say(f"warning: {error} The training continues; the previous state stays on the Hub.")
            return
        with self._changed:
            self._drop()
            self._waiting = (folder, saved.step) if saved else None
            self._changed.notify()

    def finish(self, seconds: float, *, flush: bool) -> None:
        """Upload the waiting snapshot (`flush`) or drop it; wait at most `seconds` for the upload in progress."""
        with self._changed:
            self._done = True
            if not flush:
                self._drop()
            self._changed.notify()
        self._thread.join(seconds)
        self._scratch.cleanup()

    def _work(self) -> None:
        while (found := self._next()) is not None:
            folder, step = found
            try:
                upload_unfinished(folder, self._repo_id, os.environ.get("HF_TOKEN"))
                say(f"Step {step} is saved in {self._repo_id}")
            except Exception as error:  # noqa: BLE001 - no failed upload may end the training
                say(f"warning: step {step} was not saved on the Hub: {error} The training continues.")
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            self._not_before = time.monotonic() + size / BYTES_A_SECOND
            shutil.rmtree(folder, ignore_errors=True)

    def _next(self) -> tuple[Path, int] | None:
        """Waits for the next snapshot to upload, and until it may be uploaded; None at the end."""
        with self._changed:
            while not self._done and (self._waiting is None or time.monotonic() < self._not_before):
                self._changed.wait(None if self._waiting is None else self._not_before - time.monotonic())
            found, self._waiting = self._waiting, None
            return found

    def _drop(self) -> None:
        if self._waiting is not None:
            shutil.rmtree(self._waiting[0], ignore_errors=True)
            self._waiting = None


class _Callback(TrainerCallback):
    def __init__(self, uploader: StateUploader) -> None:
        self._uploader = uploader

    def on_save(self, _args: TrainingArguments, _state: TrainerState, _control: TrainerControl, **_: object) -> None:
        self._uploader.upload_soon()
