"""Decoding the answers of held-out rows, and scoring them."""

from job_templates.ml.evaluation.decode import SharedDecoder
from job_templates.ml.evaluation.evaluate import evaluate, evaluate_run, save, score_model

__all__ = [
    "SharedDecoder",
    "evaluate",
    "evaluate_run",
    "save",
    "score_model",
]
