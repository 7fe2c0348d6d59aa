"""The starter: a new Gemma 3 of just under a million parameters for each run."""

from __future__ import annotations

from pathlib import Path

import sentencepiece
import torch
from transformers import AddedToken, Gemma3ForCausalLM, Gemma3TextConfig, GemmaTokenizer, PreTrainedTokenizerBase

from backend.prompts import BOS_ID, CONTROL_TOKENS, EOS_ID, MASK, META_TOKENS, PAD_ID, user_defined_symbols

HIDDEN, LAYERS, FEED_FORWARD = 128, 3, 384
HEADS, KEY_VALUE_HEADS, HEAD_SIZE = 4, 1, 32
SLIDING_WINDOW = 512
CONTEXT = 32_768


def starter_config(vocabulary: int) -> Gemma3TextConfig:
    """Returns the starter's shape: a smaller Gemma 3 270M whose last layer has full attention."""
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
    """Returns a starter with random weights. The same `seed` gives the same weights."""
    torch.manual_seed(seed)
    return Gemma3ForCausalLM(starter_config(vocabulary))


FIRST_LEARNED_ID = len(META_TOKENS) + len(user_defined_symbols()) + 256
"""The id after the special pieces and the 256 bytes."""


def fast_tokenizer(tokenizer_model: Path) -> PreTrainedTokenizerBase:
    """Returns the fast tokenizer that gives the same token ids as the starter's SentencePiece `tokenizer_model`.

    SentencePiece joins two pieces whenever the joined piece exists, the best score first. Therefore every split of a
    piece into two others is a merge, ranked by the piece's score.
    """
    model = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_model))
    pieces = {model.id_to_piece(index): index for index in range(model.vocab_size())}
    learned = {piece: model.get_score(index) for piece, index in pieces.items() if index >= FIRST_LEARNED_ID}
    merges = [
        (-score, piece[:cut], piece[cut:])
        for piece, score in learned.items()
        for cut in range(1, len(piece))
        if piece[:cut] in learned and piece[cut:] in learned
    ]
    merges.sort(key=lambda merge: merge[0])
    tokenizer = GemmaTokenizer(vocab=pieces, merges=[(left, right) for _, left, right in merges])
    special = {*CONTROL_TOKENS, MASK, *META_TOKENS}
    tokenizer.add_tokens(
        [
            AddedToken(symbol, special=symbol in special, normalized=False)
            for symbol in user_defined_symbols()
            if symbol not in META_TOKENS
        ]
    )
    return tokenizer
