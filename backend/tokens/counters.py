"""Counting tokens with the tokenizer of any base model: the starter, a folder, or a Hub repository."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import sentencepiece
import tokenizers
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import RemoteEntryNotFoundError

from backend.errors import InputError
from backend.records import Tool
from backend.runs.hub_errors import hub_errors
from backend.tokens.special import META_TOKENS
from backend.tokens.starter import starter_model_bytes

STARTER = "starter"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model")
_META = re.compile("(" + "|".join(re.escape(token) for token in META_TOKENS) + ")")


class TokenCounter(Protocol):
    """Turns text into token ids as the model will see them: special tokens recognised, nothing added."""

    name: str

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`."""
        ...


class SentencePieceCounter:
    """Encodes with a SentencePiece `tokenizer.model`."""

    def __init__(self, name: str, model: bytes) -> None:
        self.name = name
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`; `<bos>`, `<eos>`, `<pad>` and `<unk>` count as the tokens they name."""
        ids: list[int] = []
        for part in _META.split(text):
            if part in META_TOKENS:
                ids.append(META_TOKENS[part])
            elif part:
                ids.extend(self._processor.encode(part))
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`, without pad, eos, bos and unk."""
        text: str = self._processor.decode(ids)
        return text


class FastCounter:
    """Encodes with a Hugging Face `tokenizer.json`."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def counter_for(
    base_model: str,
    tools: Sequence[Tool],
    messages_and_completions: Iterable[str],
    token: str | None = None,
) -> TokenCounter:
    """The tokenizer of `base_model`: "starter", a folder that holds one, or a Hub id (read with `token`).

    The starter's is trained here and now on the texts and the tools, as a run would train it. Raises InputError when a
    folder or repository has no readable tokenizer.
    """
    if base_model == STARTER:
        texts = [*messages_and_completions, *tool_texts(tools)]
        return SentencePieceCounter(STARTER, starter_model_bytes(texts))
    folder = Path(base_model).expanduser()
    if folder.is_dir():
        return load_counter(folder, base_model)
    if base_model.startswith((".", "/", "~")) or base_model.count("/") != 1:
        raise InputError(
            f"The base model {base_model!r} is not a folder on this machine. "
            'Give "starter", a folder with a checkpoint, or a Hub id such as google/functiongemma-270m-it.'
        )
    return _hub_counter(base_model, token)


def tool_texts(tools: Sequence[Tool]) -> list[str]:
    """The words of the tools themselves, so that declarations in a prompt stay short in tokens."""
    texts: list[str] = []
    for tool in tools:
        texts += [tool.name, tool.description, *tool.properties]
        texts += [str(schema.get("description", "")) for schema in tool.properties.values() if isinstance(schema, dict)]
    return texts


def load_counter(folder: Path, name: str) -> TokenCounter:
    """The tokenizer in `folder`, from tokenizer.json or else tokenizer.model; InputError when neither can be read."""
    fast, plain = (folder / file for file in TOKENIZER_FILES)
    path = fast if fast.is_file() else plain
    if not path.is_file():
        raise InputError(
            f"The folder {folder} holds no tokenizer: looked for tokenizer.json and tokenizer.model. "
            "Give the folder of a saved checkpoint."
        )
    try:
        if path == fast:
            return FastCounter(name, fast)
        return SentencePieceCounter(name, plain.read_bytes())
    except Exception as error:  # tokenizers and sentencepiece raise bare Exception and RuntimeError on damaged files
        raise InputError(
            f"The tokenizer {path} cannot be read: {error}. Fetch or save the checkpoint again."
        ) from error


def _hub_counter(repo: str, token: str | None) -> TokenCounter:
    """The tokenizer of a Hub repository; with a token nothing of it stays in the cache that users share."""
    with tempfile.TemporaryDirectory() as private:
        for file in TOKENIZER_FILES:
            path = _download(repo, file, token, private if token else None)
            if path is not None:
                return load_counter(path.parent, repo)
    raise InputError(f"The model {repo} has neither tokenizer.json nor tokenizer.model.")


def _download(repo: str, file: str, token: str | None, folder: str | None) -> Path | None:
    """One file of a Hub repository; None where it has no such file, InputError where it cannot be had."""
    with hub_errors(repo, "read the tokenizer of"):
        try:
            return Path(hf_hub_download(repo, file, token=token, local_dir=folder))
        except RemoteEntryNotFoundError:
            return None
