"""The LiteRT-LM runtime on this machine, which opens and runs exported files."""

from job_templates.ml.litert.runtime.phone_conversation import Reply, converse
from job_templates.ml.litert.runtime.phone_model import MAX_ANSWER_TOKENS, PhoneModel

__all__ = [
    "MAX_ANSWER_TOKENS",
    "PhoneModel",
    "Reply",
    "converse",
]
