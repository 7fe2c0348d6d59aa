"""Writes a tokenizer that has a part of its pieces.

The PyPI library `trimbed` (0.0.4) is not used. It writes no tokenizer.model, and it keeps the parts of the first merge
that is listed for a piece: for 107,468 of Gemma 3's 255,474 ordinary pieces that is not the merge that makes them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import disk_errors, read_json, write_bytes, write_text
from backend.vocabulary.agreement import FAST, LARGEST_BYTES, MODEL, FastTokenizer, check_tokenizer
from backend.vocabulary.kept import Kept
from backend.vocabulary.pieces import PROTECTED, read_model

CONFIG, ADDED = "tokenizer_config.json", "added_tokens.json"
Renumber = Callable[[int], int | None]
"""Gives the new id of an old one; None if the piece is removed."""


def trim_tokenizer(source: Path, out: Path, kept: Kept) -> tuple[int, ...]:
    """Writes the tokenizer of the folder `source` with the kept pieces alone to the folder `out`.

    Returns the old ids of the pieces by their new ids, which are the rows that an embedding table must keep. The
    pieces have their old order and scores, so control tokens and bytes have their old ids. tokenizer.model,
    tokenizer.json, tokenizer_config.json and added_tokens.json are written, as far as `source` has them; all that
    names no piece is unchanged. Added tokens that have no piece, such as `<image_soft_token>`, stay after the last
    piece. Raises InputError if the tokenizer is damaged or not of Gemma 3's kind, if its two files disagree, or if
    `kept` belongs to another tokenizer.
    """
    model, pieces, fast = check_tokenizer(source)
    count = len(pieces.texts)
    known = sorted({*range(min(PROTECTED, count)), *(index for index in kept.ids if 0 <= index < count)})
    if kept.pieces != count or list(kept.ids) != known:
        raise InputError(f"The kept pieces do not belong to the tokenizer in {source}. Choose them again.")
    new_ids = {old: new for new, old in enumerate(kept.ids)}

    def renumber(old: int) -> int | None:
        return new_ids.get(old) if old < count else old - count + len(kept.ids)

    with disk_errors(out, "create"):
        out.mkdir(parents=True, exist_ok=True)
    write_bytes(out / MODEL, trimmed_model(model, kept))
    _write(out / FAST, _trimmed_fast(fast, renumber))
    for name, trimmed in ((CONFIG, _trimmed_config), (ADDED, _renumbered)):
        if (source / name).is_file():
            _write(out / name, _or_damaged(source / name, trimmed, renumber))
    check_tokenizer(out)
    return kept.ids


def trimmed_model(model: bytes, kept: Kept) -> bytes:
    """Returns a SentencePiece model with the kept pieces alone, in their order and with their scores."""
    old = read_model(model, MODEL)
    new = type(old)()
    new.CopyFrom(old)
    new.DiscardUnknownFields()  # older SentencePiece refuses a model whose self-test has other tokens
    del new.pieces[:]
    new.pieces.extend(old.pieces[index] for index in kept.ids)
    new.trainer_spec.vocab_size = len(kept.ids)
    written: bytes = new.SerializeToString()
    return written


def _trimmed_fast(fast: FastTokenizer, renumber: Renumber) -> dict[str, Any]:
    ids = _renumbered(fast.ids, renumber)
    merges = [[left, right] for left, right in fast.merges if left in ids and right in ids and left + right in ids]
    added = [{**token, "id": new} for token in fast.added if (new := renumber(token["id"])) is not None]
    return {**fast.data, "added_tokens": added, "model": {**fast.data["model"], "vocab": ids, "merges": merges}}


def _trimmed_config(config: Mapping[str, Any], renumber: Renumber) -> dict[str, Any]:
    """The configuration, in which older versions of transformers list the added tokens by their ids."""
    if "added_tokens_decoder" not in config:
        return dict(config)
    tokens = config["added_tokens_decoder"].items()
    decoder = {str(new): token for old, token in tokens if (new := renumber(int(old))) is not None}
    return {**config, "added_tokens_decoder": decoder}


def _or_damaged(
    path: Path, trimmed: Callable[[Mapping[str, Any], Renumber], dict[str, Any]], renumber: Renumber
) -> dict[str, Any]:
    """Returns the trimmed content of a file. Raises InputError if its ids are not numbers."""
    try:
        return trimmed(read_json(path, LARGEST_BYTES), renumber)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path} is damaged: {error}. Download or save the checkpoint again.") from error


def _renumbered(ids: Mapping[str, int], renumber: Renumber) -> dict[str, int]:
    return {text: new for text, old in ids.items() if (new := renumber(old)) is not None}


def _write(path: Path, value: Mapping[str, Any]) -> None:
    write_text(path, json.dumps(value, ensure_ascii=False))
