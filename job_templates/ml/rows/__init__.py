"""Rows as token ids, their length, and the augmentation for the starter."""

from job_templates.ml.rows.augment import StarterRows
from job_templates.ml.rows.encoding import TokenRow, check_cache, encode, encode_rows, resolve_length, shared_prefix
from job_templates.ml.rows.off_topic import WithOffTopic

__all__ = [
    "StarterRows",
    "TokenRow",
    "WithOffTopic",
    "check_cache",
    "encode",
    "encode_rows",
    "resolve_length",
    "shared_prefix",
]
