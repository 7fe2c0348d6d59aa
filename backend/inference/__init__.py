"""Sends messages to a trained model: a worker process for each model, and the sessions that use it."""

from backend.inference.checkpoint_session import WHICH, Which, askable, checkpoint_session_for
from backend.inference.model_session import Answer, ModelSession, WorkerDied, runtime_installed, session_for

__all__ = [
    "WHICH",
    "Answer",
    "ModelSession",
    "Which",
    "WorkerDied",
    "askable",
    "checkpoint_session_for",
    "runtime_installed",
    "session_for",
]
