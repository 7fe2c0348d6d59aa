"""Asking a trained model: a worker process for each model, and the sessions that use it."""

from backend.inference.checkpoint_session import WHICH, Which, askable, checkpoint_answerer
from backend.inference.model_session import Answer, ModelSession, WorkerDied, answerer_for, runtime_installed

__all__ = [
    "WHICH",
    "Answer",
    "ModelSession",
    "Which",
    "WorkerDied",
    "answerer_for",
    "askable",
    "checkpoint_answerer",
    "runtime_installed",
]
