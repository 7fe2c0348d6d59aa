"""The prompt formats: one renderer and one strict parser each, used by every other package."""

from __future__ import annotations

from backend.errors import InputError
from backend.prompts.base import Parsed, ParseError, PromptFormat, Reading, read_answer
from backend.prompts.json_format import JsonFormat
from backend.prompts.native import SCHEMA_KEYS, NativeFormat, render_response
from backend.prompts.native_parser import is_name, parse_answer, strip_stop_tokens
from backend.prompts.tokens import (
    BOS,
    BOS_ID,
    CONTROL_TOKENS,
    DEVELOPER_SENTENCE,
    END_CALL,
    END_OF_TURN,
    EOS,
    EOS_ID,
    FIRST_UNUSED_ID,
    LAST_BEFORE_TURNS_ID,
    MASK,
    META_TOKENS,
    NEUTRALIZED,
    NO_CALL_ANSWER,
    PAD,
    PAD_ID,
    RESERVED,
    START_CALL,
    START_RESPONSE,
    STOP_IDS,
    STOP_TOKENS,
    UNK,
    UNK_ID,
    neutralize,
    user_defined_symbols,
)
from backend.records import DECLARATIONS, FORMATS, Declarations, FormatName

__all__ = [
    "BOS",
    "BOS_ID",
    "CONTROL_TOKENS",
    "DEVELOPER_SENTENCE",
    "END_CALL",
    "END_OF_TURN",
    "EOS",
    "EOS_ID",
    "FIRST_UNUSED_ID",
    "LAST_BEFORE_TURNS_ID",
    "MASK",
    "META_TOKENS",
    "NEUTRALIZED",
    "NO_CALL_ANSWER",
    "PAD",
    "PAD_ID",
    "RESERVED",
    "SCHEMA_KEYS",
    "START_CALL",
    "START_RESPONSE",
    "STOP_IDS",
    "STOP_TOKENS",
    "UNK",
    "UNK_ID",
    "ParseError",
    "Parsed",
    "PromptFormat",
    "Reading",
    "get_format",
    "is_name",
    "neutralize",
    "parse_answer",
    "read_answer",
    "render_response",
    "strip_stop_tokens",
    "user_defined_symbols",
]


def get_format(name: FormatName, declarations: Declarations = "full") -> PromptFormat:
    """The prompt format called `name`, showing as much of the tools as `declarations` says; raises InputError."""
    if declarations not in DECLARATIONS:
        raise InputError(f"Unknown declarations {declarations!r}: choose one of {', '.join(DECLARATIONS)}.")
    if name == "native":
        return NativeFormat(declarations)
    if name == "json":
        return JsonFormat(declarations)
    raise InputError(f"Unknown prompt format {name!r}: choose one of {', '.join(FORMATS)}.")
