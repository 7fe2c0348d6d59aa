"""The page's labels for the evaluation's keys."""

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
    "false calls": "Calls that no one asked for",
    "missed calls": "Missed calls",
    "rows": "No rows",
    "done": "All right",
    "unparsed": "Unreadable answers",
    "no_call": "No calls",
    "as spoken": "As people speak",
    "one tool": "One answer to all",
    "beaten": "Not better",
    "not told apart": "No clear difference",
    "tool": "Weak tool",
    "confused": "Two tools confused",
    "value": "Never right",
    "threshold": "Ask if unsure",
    "undecided": "More test rows",
}
"""The kinds of advice."""
LANGUAGES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "pt": "Portuguese", "it": "Italian",
    "hi": "Hindi", "ja": "Japanese", "nl": "Dutch", "zh": "Chinese", "ko": "Korean",
}  # fmt: skip
"""The languages of off-topic messages and near misses, by their codes."""


def language_name(code: str) -> str:
    """The name of a language; the code if the page has no name for it."""
    return LANGUAGES.get(code, code)


def before(evaluation: Evaluation) -> str:
    """The label of the model that the tuned one is compared with: its base, or a starter before training."""
    return "before training" if evaluation.setup.base_model == STARTER else "base"
