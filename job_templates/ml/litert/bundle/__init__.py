"""The `.litertlm` file: writing it, and reading its header and metadata."""

from job_templates.ml.litert.bundle.bundle import (
    METADATA,
    MODEL,
    PREFILL_DECODE,
    TOKENIZER,
    Bundle,
    build_metadata,
    read_bundle,
    write_bundle,
)

__all__ = [
    "METADATA",
    "MODEL",
    "PREFILL_DECODE",
    "TOKENIZER",
    "Bundle",
    "build_metadata",
    "read_bundle",
    "write_bundle",
]
