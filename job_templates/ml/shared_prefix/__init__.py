"""Computing the prompt's common part once a step instead of once a row."""

from job_templates.ml.shared_prefix.answer_loss import look, token_losses
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator, RowSource, padded
from job_templates.ml.shared_prefix.packed_cache import Keys, PackedCache, RowKeys

__all__ = [
    "FixedRows",
    "Keys",
    "PackCollator",
    "PackedCache",
    "RowKeys",
    "RowSource",
    "look",
    "padded",
    "token_losses",
]
