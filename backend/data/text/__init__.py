"""Functions for text: decoding, JSON, languages, normal forms, reserved tokens, display."""

from backend.data.text import json_reading
from backend.data.text.changes import Change, FixPlan
from backend.data.text.decoding import DecodedFile, read_source
from backend.data.text.display import count, escape, json_text, listing, nearest, show, whole
from backend.data.text.json_reading import (
    JsonFault,
    Path,
    Positions,
    not_finite,
    parse_json,
    path_text,
    repeated_keys,
    walk,
)
from backend.data.text.languages import guess_code, language_counts
from backend.data.text.normal_form import normal_message, rows_by_message
from backend.data.text.options import (
    ANSWER,
    CALLS,
    MAX_CELL_CHARACTERS,
    MAX_CSV_BYTES,
    MAX_ROWS,
    MAX_TOOLS_BYTES,
    MESSAGE,
    OPTIONAL_COLUMNS,
    ORIGINAL,
    REQUIRED_COLUMNS,
    SPLIT,
    CheckOptions,
)
from backend.data.text.reserved import (
    GRAMMAR_NAME,
    KEYWORDS,
    KOTLIN_NAME,
    MAX_NAME,
    SCHEMA_WORDS,
    reserved_token,
    strip_reserved,
)
from backend.data.text.typing_slips import Slip, mistyped

__all__ = [
    "ANSWER",
    "CALLS",
    "GRAMMAR_NAME",
    "KEYWORDS",
    "KOTLIN_NAME",
    "MAX_CELL_CHARACTERS",
    "MAX_CSV_BYTES",
    "MAX_NAME",
    "MAX_ROWS",
    "MAX_TOOLS_BYTES",
    "MESSAGE",
    "OPTIONAL_COLUMNS",
    "ORIGINAL",
    "REQUIRED_COLUMNS",
    "SCHEMA_WORDS",
    "SPLIT",
    "Change",
    "CheckOptions",
    "DecodedFile",
    "FixPlan",
    "JsonFault",
    "Path",
    "Positions",
    "Slip",
    "count",
    "escape",
    "guess_code",
    "json_reading",
    "json_text",
    "language_counts",
    "listing",
    "mistyped",
    "nearest",
    "normal_message",
    "not_finite",
    "parse_json",
    "path_text",
    "read_source",
    "repeated_keys",
    "reserved_token",
    "rows_by_message",
    "show",
    "strip_reserved",
    "walk",
    "whole",
]
