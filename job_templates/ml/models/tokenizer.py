"""Hugging Face's fast tokenizer, made from the starter's SentencePiece model and equal to it."""

from __future__ import annotations

from pathlib import Path

import sentencepiece
from transformers import AddedToken, GemmaTokenizer, PreTrainedTokenizerBase

from backend.tokens import CONTROL_TOKENS
from backend.tokens.special import MASK, META_TOKENS, user_defined_symbols

FIRST_LEARNED_ID = len(META_TOKENS) + len(user_defined_symbols()) + 256
"""The 256 bytes stand between the special pieces and the learned ones."""


def fast_tokenizer(tokenizer_model: Path) -> PreTrainedTokenizerBase:
    """The fast tokenizer that encodes as the starter's SentencePiece `tokenizer_model` does.

    SentencePiece joins two pieces whenever the joined piece exists, the best score first, so every way to cut a piece
    into two others is a merge, ranked by the piece's score.
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
