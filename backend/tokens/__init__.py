"""Trains the starter's tokenizer, and counts tokens with the tokenizer of any base model."""

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
from backend.tokens.starter import starter_model_bytes, train_starter_tokenizer

__all__ = [
    "STARTER",
    "SentencePieceCounter",
    "TokenCounter",
    "counter_for",
    "is_panic",
    "load_counter",
    "load_plain_counter",
    "starter_model_bytes",
    "tool_texts",
    "train_starter_tokenizer",
]
