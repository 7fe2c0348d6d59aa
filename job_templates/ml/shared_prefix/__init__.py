"""Prefix-shared batches: the common prefix of all prompts is computed once per step instead of once per row."""

from job_templates.ml.shared_prefix.answer_loss import evaluate_batches, token_losses
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator, RowSource, padded
from job_templates.ml.shared_prefix.packed_cache import Keys, PackedCache, RowKeys

__all__ = [
    "FixedRows",
    "Keys",
    "PackCollator",
    "PackedCache",
    "RowKeys",
    "RowSource",
    "evaluate_batches",
    "padded",
    "token_losses",
]
