"""Reads the tool_calls column and checks the arguments of its calls."""

from backend.data.calls.almost_json import Repair
from backend.data.calls.arguments import (
    DROPPED,
    UNFIXABLE,
    Mismatch,
    MismatchKind,
    check_arguments,
    is_a,
    normal_arguments,
    show_value,
)
from backend.data.calls.defaults import DefaultPath, default_at, default_uses, with_defaults, without_defaults
from backend.data.calls.inner_schemas import array_sizes, schema_below
from backend.data.calls.reading import CallsCell, RawCall, canonical_text, read_calls
from backend.data.calls.text import read_cell_value

__all__ = [
    "DROPPED",
    "UNFIXABLE",
    "CallsCell",
    "DefaultPath",
    "Mismatch",
    "MismatchKind",
    "RawCall",
    "Repair",
    "array_sizes",
    "canonical_text",
    "check_arguments",
    "default_at",
    "default_uses",
    "is_a",
    "normal_arguments",
    "read_calls",
    "read_cell_value",
    "schema_below",
    "show_value",
    "with_defaults",
    "without_defaults",
]
