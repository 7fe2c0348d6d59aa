"""Keeping what an unfinished training goes on from in its Hub repository, while the training goes on."""

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
"""A repository's history keeps what is replaced: no more than this is added to it, 7 GB an hour."""
LAST_SECONDS, CUT_SECONDS = 150.0, 25.0
"""How long an upload may still take when the training is done, and when the process was asked to end."""


@contextmanager
def kept_on_hub(run: Run, repo_id: str | None, add: Callable[[TrainerCallback], None]) -> Iterator[None]:
    """Keep every saved state in the repository too, where there is one; `add` takes the Trainer's callback.

    A failed upload is a warning. When the training is cut off, the last state is still sent, as far as time allows.
    """
    if repo_id is None:
        yield
        return
    keeper = HubKeeper(run, repo_id)
    add(_Callback(keeper))
    try:
        yield
    except BaseException:
        keeper.finish(CUT_SECONDS, flush=True)
        raise
    keeper.finish(LAST_SECONDS, flush=False)


class HubKeeper:
    """Uploads snapshots from a thread of its own, the newest alone where they come faster than they go."""

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

    def keep(self) -> None:
        """Have the state that was just saved uploaded soon."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            kept = snapshot(self._run, folder)
        except InputError as error:
            say(f"warning: {error} The training goes on; the Hub keeps the state before.")
            return
        with self._changed:
            self._drop()
            self._waiting = (folder, kept.step) if kept else None
            self._changed.notify()

    def finish(self, seconds: float, *, flush: bool) -> None:
        """Send what waits (`flush`), or drop it, and wait at most so long for what is under way."""
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
                say(f"Step {step} is kept in {self._repo_id}")
            except Exception as error:  # noqa: BLE001 - whatever it is, the training is worth more
                say(f"warning: step {step} was not kept on the Hub: {error} The training goes on.")
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            self._not_before = time.monotonic() + size / BYTES_A_SECOND
            shutil.rmtree(folder, ignore_errors=True)

    def _next(self) -> tuple[Path, int] | None:
        """The snapshot to send, once it is time; None at the end."""
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
    def __init__(self, keeper: HubKeeper) -> None:
        self._keeper = keeper

    def on_save(self, _args: TrainingArguments, _state: TrainerState, _control: TrainerControl, **_: object) -> None:
        self._keeper.keep()
