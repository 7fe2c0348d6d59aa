"""Asking a run's checkpoint, or the base that it was tuned from, beside its exported file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from backend.errors import InputError
from backend.inference.answer_worker import Worker
from backend.inference.model_session import IDLE_SECONDS, ModelSession, kept
from backend.runs import STARTER, Run

Which = Literal["tuned", "base"]
WHICH: tuple[Which, ...] = ("tuned", "base")


class CheckpointAnswerer(ModelSession):
    """Like an exported file's answerer, with the run's weights in transformers behind it."""

    def __init__(self, run: Path, which: Which, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__(run / "checkpoint" / "model.safetensors", run / "inputs" / "tools.json", idle_seconds)
        self._run = run
        self._which: Which = which

    def start(self) -> Worker:
        """A new worker; InputError where transformers and torch are not installed."""
        if not weights_installed():
            raise InputError(
                "Torch and transformers are not installed here, so only the exported file can be asked. Install "
                "requirements-local.txt to ask the checkpoint and its base as well."
            )
        return Worker.of_weights(self._run, self._which)


def checkpoint_answerer(run: Path, which: Which) -> CheckpointAnswerer:
    """The answerer of a run's checkpoint or base; at most one of each stays loaded."""
    found = kept(which, (run,), lambda: CheckpointAnswerer(run, which))
    assert isinstance(found, CheckpointAnswerer)
    return found


def weights_installed() -> bool:
    """Whether this machine can load weights; a Space that installs requirements.txt alone cannot."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))


def askable(run: Run) -> tuple[Which, ...]:
    """What of a run can be asked here beside its file: the starter was tuned from nothing."""
    if not weights_installed() or not (run.checkpoint / "model.safetensors").is_file():
        return ()
    return ("tuned",) if run.config.base_model == STARTER else WHICH
