"""A Gemma 3 of three small layers with random weights, two of them with a sliding window."""

import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig


def tiny_gemma(window: int, seed: int, vocabulary: int, spread: float) -> Gemma3ForCausalLM:
    """Weights drawn with `seed` and a standard deviation of `spread`."""
    torch.manual_seed(seed)
    config = Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=window,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        initializer_range=spread,
    )
    return Gemma3ForCausalLM._from_config(config, attn_implementation="sdpa")
