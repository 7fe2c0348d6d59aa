"""Tokens: the starter's own tokenizer, and counting with any base model's."""

from backend.tokens.counters import (
    STARTER,
    SentencePieceCounter,
    TokenCounter,
    counter_for,
    load_counter,
    load_plain_counter,
    tool_texts,
)
from backend.tokens.special import BOS_ID, CONTROL_TOKENS, EOS_ID, PAD_ID, STOP_IDS, UNK_ID
from backend.tokens.starter import starter_model_bytes, train_starter_tokenizer

__all__ = [
    "BOS_ID",
    "CONTROL_TOKENS",
    "EOS_ID",
    "PAD_ID",
    "STARTER",
    "STOP_IDS",
    "UNK_ID",
    "SentencePieceCounter",
    "TokenCounter",
    "counter_for",
    "load_counter",
    "load_plain_counter",
    "starter_model_bytes",
    "tool_texts",
    "train_starter_tokenizer",
]
