"""FunctionGemma's control tokens in the tokenizer of a plain Gemma 3, which names them `<unused40>` to `<unused46>`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from sentencepiece import sentencepiece_model_pb2
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from backend.errors import InputError
from backend.prompts import CONTROL_TOKENS, FIRST_UNUSED_ID, LAST_BEFORE_TURNS_ID
from job_templates.ml.models.folder_check import loading
from job_templates.ml.models.source import TOKENIZER_MODEL

TOKENIZER_FILES = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
RENAMED = {
    f"<unused{index - FIRST_UNUSED_ID}>": token
    for token, index in CONTROL_TOKENS.items()
    if index <= LAST_BEFORE_TURNS_ID
}


def load_tokenizer(folder: Path, name: str, work: Path) -> tuple[PreTrainedTokenizerBase, Path | None]:
    """Returns a base's tokenizer with the control tokens at their ids, and its SentencePiece file or None.

    The tokenizer of a plain Gemma 3 is copied to `work`, and its unused tokens are renamed. Raises InputError if
    another tokenizer lacks the tokens.
    """
    source = folder / TOKENIZER_MODEL
    tokenizer = read_tokenizer(folder)
    if missing_token(tokenizer) is None:
        return tokenizer, source if source.is_file() else None
    with loading(folder):
        renamed = _renamed(folder, work / "tokenizer")
    if renamed is not None:
        tokenizer = read_tokenizer(renamed)
    missing = missing_token(tokenizer)
    if renamed is None or missing is not None:
        raise InputError(
            f"The tokenizer of {name} has no {missing or 'control tokens'} at the id that FunctionGemma gives it, so "
            "it cannot write calls. Use google/functiongemma-270m-it, or another Gemma 3 text model."
        )
    path = renamed / TOKENIZER_MODEL
    return tokenizer, path if path.is_file() else None


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Returns the tokenizer in a checked folder. Raises InputError if there is none that the library can load."""
    if not any((folder / name).is_file() for name in ("tokenizer.json", TOKENIZER_MODEL)):
        raise InputError(
            f"{folder} has no tokenizer (tokenizer.json or {TOKENIZER_MODEL}). Copy the base model's into this folder."
        )
    with loading(folder / "tokenizer.json"):
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def missing_token(tokenizer: PreTrainedTokenizerBase) -> str | None:
    """Returns the first control token that the tokenizer does not have at its id; None if it has all."""
    return next(
        (token for token, index in CONTROL_TOKENS.items() if tokenizer.convert_tokens_to_ids(token) != index), None
    )


def _renamed(folder: Path, out: Path) -> Path | None:
    """A copy of the tokenizer's files with the unused tokens renamed; None if there is no tokenizer.json."""
    if not (folder / "tokenizer.json").is_file():
        return None
    out.mkdir(parents=True)
    for name in TOKENIZER_FILES:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, out / name)
    data = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    _rename_fast(data)
    (out / "tokenizer.json").write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    if (folder / TOKENIZER_MODEL).is_file():
        model = sentencepiece_model_pb2.ModelProto.FromString((folder / TOKENIZER_MODEL).read_bytes())
        for piece in model.pieces:
            piece.piece = RENAMED.get(piece.piece, piece.piece)
        (out / TOKENIZER_MODEL).write_bytes(model.SerializeToString())
    return out


def _rename_fast(data: dict[str, Any]) -> None:
    """Rename the tokens in a tokenizer.json, in place."""
    for added in data["added_tokens"]:
        added["content"] = RENAMED.get(added["content"], added["content"])
    vocabulary = data["model"]["vocab"]
    data["model"]["vocab"] = {RENAMED.get(token, token): index for token, index in vocabulary.items()}
