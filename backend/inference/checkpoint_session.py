"""Sends messages to a run's checkpoint or to its base model, to compare their answers with the exported file."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from backend.errors import InputError
from backend.inference.answer_worker import Worker
from backend.inference.model_session import IDLE_SECONDS, ModelSession, cached_session
from backend.runs import STARTER, Run

Which = Literal["tuned", "base"]
WHICH: tuple[Which, ...] = ("tuned", "base")


class CheckpointSession(ModelSession):
    """A session of the run's weights in transformers instead of its exported file."""

    def __init__(self, run: Path, which: Which, idle_seconds: float = IDLE_SECONDS) -> None:
        super().__init__(run / "checkpoint" / "model.safetensors", run / "inputs" / "tools.json", idle_seconds)
        self._run = run
        self._which: Which = which

    def start(self) -> Worker:
        """Starts a new worker. Raises InputError if transformers and torch are not installed."""
        if not weights_installed():
            raise InputError(
                "Torch and transformers are not installed here, so only the exported file can answer. Install "
                "requirements-local.txt to use the checkpoint and its base too."
            )
        return Worker.of_weights(self._run, self._which)


def checkpoint_session_for(run: Path, which: Which) -> CheckpointSession:
    """Returns the session of a run's checkpoint or base; at most one of each stays loaded."""
    found = cached_session(which, (run,), lambda: CheckpointSession(run, which))
    assert isinstance(found, CheckpointSession)
    return found


def weights_installed() -> bool:
    """Whether torch and transformers are installed; a Space, which installs only requirements.txt, lacks them."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "transformers"))


def askable(run: Run) -> tuple[Which, ...]:
    """Returns which weights of a run can answer on this machine; the starter has no base model."""
    if not weights_installed() or not (run.checkpoint / "model.safetensors").is_file():
        return ()
    return ("tuned",) if run.config.base_model == STARTER else WHICH
