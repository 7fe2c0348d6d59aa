"""Sends messages to a trained model: a worker process for each model, and the sessions that use it."""

from backend.inference.answer import Answer, ConversationReply
from backend.inference.answer_worker import WorkerDied
from backend.inference.checkpoint_session import WHICH, Which, askable, checkpoint_session_for
from backend.inference.model_session import ModelSession, runtime_installed, session_for

__all__ = [
    "WHICH",
    "Answer",
    "ConversationReply",
    "ModelSession",
    "Which",
    "WorkerDied",
    "askable",
    "checkpoint_session_for",
    "runtime_installed",
    "session_for",
]
