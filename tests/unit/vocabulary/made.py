"""Tokenizers of Gemma 3's kind for the tests: trained here, and written as SentencePiece and as tokenizer.json."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from backend.tokens import starter_model_bytes
from backend.vocabulary import Kept, everyday_sentences
from backend.vocabulary.languages import common_words
from backend.vocabulary.pieces import NORMAL, USER_DEFINED, read_pieces


@cache
def small_model(vocabulary: int = 2000) -> bytes:
    """A model of everyday sentences in eight languages."""
    return starter_model_bytes(chain(*everyday_sentences().values()), vocabulary)


@cache
def large_model() -> bytes:
    """A model with 17,000 pieces in English, Spanish, Russian and Japanese, then some as the last ones of Gemma 3."""
    words = [word for code in ("en", "es", "ru", "ja") for word in common_words(code, 20_000)]
    words += [form for word in common_words("en", 4000) for form in (word.title(), word.upper())]
    random.Random(0).shuffle(words)
    lines = [" ".join(words[start : start + 20]) for start in range(0, len(words), 20)]
    lines += ["0 1 2 3 4 5 6 7 8 9 , ? ! - well..."] * 50
    model = sentencepiece_model_pb2.ModelProto.FromString(starter_model_bytes(lines, 17_000))
    for text in ("\t", "<start_of_image>", "<unused99>", "<unused100>"):
        model.pieces.add(piece=text, score=0.0, type=USER_DEFINED)
    written: bytes = model.SerializeToString()
    return written


def encoder(model: bytes) -> Any:
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def closed(model: bytes, ids: Iterable[int]) -> Kept:
    """The protected pieces, these, and all that they are merged from."""
    pieces = read_pieces(model)
    return Kept(tuple(sorted(pieces.with_derivations(set(ids).union(range(512))))), len(pieces.texts))


def tokenizer_json(model: bytes) -> dict[str, Any]:
    """The tokenizer.json that transformers writes for a Gemma 3 with this model."""
    pieces = read_pieces(model)
    scores = pieces.mergeable
    splits = [(text[:cut], text[cut:]) for text in scores for cut in range(1, len(text))]
    merges = [pair for pair in splits if pair[0] in scores and pair[1] in scores]
    merges.sort(key=lambda pair: -scores["".join(pair)])
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": at, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": kind != USER_DEFINED}
            for at, (text, kind) in enumerate(zip(pieces.texts, pieces.kinds, strict=True))
            if kind != NORMAL and not text.startswith("<0x")
        ],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
        "pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                          "invert": False},
        "post_processor": None,
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": dict(pieces.ids),
            "merges": [list(pair) for pair in merges],
        },
    }  # fmt: skip


def write_tokenizer(folder: Path, model: bytes, fast: dict[str, Any] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(model)
    text = json.dumps(fast or tokenizer_json(model), ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    return folder
