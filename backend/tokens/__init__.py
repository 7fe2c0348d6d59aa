"""Tokens: the starter's own tokenizer, and counting with any base model's."""

from backend.tokens.counters import (
    STARTER,
    SentencePieceCounter,
    TokenCounter,
    counter_for,
    is_panic,
    load_counter,
    load_plain_counter,
    tool_texts,
)
from backend.tokens.special import (
    BOS_ID,
    CONTROL_TOKENS,
    EOS_ID,
    FIRST_UNUSED_ID,
    LAST_BEFORE_TURNS_ID,
    MASK,
    META_TOKENS,
    PAD_ID,
    STOP_IDS,
    UNK_ID,
    user_defined_symbols,
)
from backend.tokens.starter import starter_model_bytes, train_starter_tokenizer

__all__ = [
    "BOS_ID",
    "CONTROL_TOKENS",
    "EOS_ID",
    "FIRST_UNUSED_ID",
    "LAST_BEFORE_TURNS_ID",
    "MASK",
    "META_TOKENS",
    "PAD_ID",
    "STARTER",
    "STOP_IDS",
    "UNK_ID",
    "SentencePieceCounter",
    "TokenCounter",
    "counter_for",
    "is_panic",
    "load_counter",
    "load_plain_counter",
    "starter_model_bytes",
    "tool_texts",
    "train_starter_tokenizer",
    "user_defined_symbols",
]
