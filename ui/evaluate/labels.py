"""What the evaluation's own words are called on the page."""

from __future__ import annotations

from backend.runs import STARTER
from backend.scoring import Evaluation

KINDS = {
    "no_call": "no call",
    "unparsed": "cannot be read",
    "unknown_tool": "unknown tool",
    "wrong_tool": "wrong tool",
    "extra_call": "extra call",
    "missing_arg": "argument missing",
    "extra_arg": "extra argument",
    "wrong_type": "wrong type",
    "enum_violation": "value not allowed",
    "wrong_value": "wrong value",
}
"""The error classes."""

ADVICE = {
    "rows": "No rows",
    "done": "All right",
    "unparsed": "Unreadable answers",
    "no_call": "Calls nothing",
    "one tool": "One answer to all",
    "beaten": "Not better",
    "not told apart": "Cannot be told apart",
    "tool": "Weak tool",
    "confused": "Two tools confused",
    "value": "Never right",
    "undecided": "More test rows",
}
"""The kinds of advice."""


def before(evaluation: Evaluation) -> str:
    """What stands beside the tuned model: its base, or, for a starter, the same model before training."""
    return "before training" if evaluation.setup.base_model == STARTER else "base"
