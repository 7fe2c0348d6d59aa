"""The Evaluate step: scores, charts, errors, rows, and comparison with other runs."""

from ui.evaluate.step import EvaluateStep

__all__ = [
    "EvaluateStep",
]
