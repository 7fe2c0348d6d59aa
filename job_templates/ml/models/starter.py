"""The starter: a Gemma 3 of just under a million parameters, made new for each run."""

from __future__ import annotations

import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from backend.tokens import BOS_ID, EOS_ID, PAD_ID

HIDDEN, LAYERS, FEED_FORWARD = 128, 3, 384
HEADS, KEY_VALUE_HEADS, HEAD_SIZE = 4, 1, 32
SLIDING_WINDOW = 512
CONTEXT = 32_768


def starter_config(vocabulary: int) -> Gemma3TextConfig:
    """The starter's shape: Gemma 3 270M's, only smaller, with its last layer attending to everything."""
    return Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=HIDDEN,
        intermediate_size=FEED_FORWARD,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=KEY_VALUE_HEADS,
        head_dim=HEAD_SIZE,
        query_pre_attn_scalar=HEAD_SIZE,
        sliding_window=SLIDING_WINDOW,
        layer_types=["sliding_attention"] * (LAYERS - 1) + ["full_attention"],
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        pad_token_id=PAD_ID,
        eos_token_id=EOS_ID,
        bos_token_id=BOS_ID,
    )


def new_starter(vocabulary: int, seed: int) -> Gemma3ForCausalLM:
    """A starter with random weights; the same `seed` gives the same weights."""
    torch.manual_seed(seed)
    return Gemma3ForCausalLM(starter_config(vocabulary))
