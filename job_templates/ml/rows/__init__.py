"""Rows as token ids, their length and writing, and the augmentation for the starter."""

from job_templates.ml.rows.augment import StarterRows
from job_templates.ml.rows.encoding import TokenRow, check_cache, encode, encode_rows, resolve_length, shared_prefix
from job_templates.ml.rows.off_topic import WithOffTopic, in_languages_of
from job_templates.ml.rows.writing import WrittenRows, written_as_rows

__all__ = [
    "StarterRows",
    "TokenRow",
    "WithOffTopic",
    "WrittenRows",
    "check_cache",
    "encode",
    "encode_rows",
    "in_languages_of",
    "resolve_length",
    "shared_prefix",
    "written_as_rows",
]
