"""Counts tokens with the tokenizer of any base model: the starter, a folder, or a Hub repository."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import sentencepiece

from backend.errors import InputError
from backend.prompts import META_TOKENS
from backend.records import Tool
from backend.tokens.starter import starter_model_bytes

if TYPE_CHECKING:
    from backend.hub import Token

STARTER = "starter"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model")
MB = 1024 * 1024
LARGEST_BYTES = 128 * MB
"""Gemma 3's tokenizer.json has 33 MB."""
_TOGETHER = 1024
"""Texts that are encoded at once."""
_META = re.compile("(" + "|".join(re.escape(token) for token in META_TOKENS) + ")")


class TokenCounter(Protocol):
    """Encodes text as the model's token ids: special tokens are recognised, and none is added."""

    name: str

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`."""
        ...

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """The number of token ids of each text."""
        ...


class SentencePieceCounter:
    """Encodes with a SentencePiece `tokenizer.model`."""

    def __init__(self, name: str, model: bytes) -> None:
        self.name = name
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of `text`; `<bos>`, `<eos>`, `<pad>` and `<unk>` are one token each."""
        ids: list[int] = []
        for part in _META.split(text):
            if part in META_TOKENS:
                ids.append(META_TOKENS[part])
            elif part:
                with tokenizer_errors(f"The tokenizer of {self.name} cannot count"):
                    ids.extend(self._processor.encode(part))
        return ids

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Returns the number of token ids of each text; texts without special tokens are encoded together."""
        found: list[int] = []
        for start in range(0, len(texts), _TOGETHER):
            part = texts[start : start + _TOGETHER]
            if _META.search("\0".join(part)):
                found += [len(self.encode(text)) for text in part]
                continue
            with tokenizer_errors(f"The tokenizer of {self.name} cannot count"):
                found += map(len, self._processor.encode(part, num_threads=1))
        return found

    def decode(self, ids: list[int]) -> str:
        """Returns the text of `ids`, without pad, eos, bos and unk."""
        text: str = self._processor.decode(ids)
        return text


class FastCounter:
    """Encodes with a Hugging Face `tokenizer.json`."""

    def __init__(self, name: str, path: Path) -> None:
        import tokenizers  # not needed for the starter

        self.name = name
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`."""
        with tokenizer_errors(f"The tokenizer of {self.name} cannot count"):
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """Returns the number of token ids of each text."""
        return [len(self.encode(text)) for text in texts]


def counter_for(
    base_model: str,
    tools: Sequence[Tool],
    messages_and_completions: Iterable[str],
    token: Token = None,
    *,
    folders: bool = True,
) -> TokenCounter:
    """Returns the tokenizer of `base_model`: "starter", a folder with a tokenizer, or a Hub id (read with `token`).

    The starter's tokenizer is trained now on the texts and the tools, as in a run. If `folders` is False, the base was
    named by somebody else, and no folder of this machine is read. Raises InputError if a folder or repository has no
    readable tokenizer.
    """
    if base_model == STARTER:
        texts = [*messages_and_completions, *tool_texts(tools)]
        return SentencePieceCounter(STARTER, starter_model_bytes(texts))
    if not folders:
        return _of_hub(base_model, token, by_others=True)
    folder = Path(base_model).expanduser()
    if folder.is_dir():
        return load_counter(folder, base_model)
    if base_model.startswith((".", "/", "~")) or base_model.count("/") != 1:
        raise InputError(
            f"The base model {base_model!r} is not a folder on this machine. "
            'Use "starter", a folder with a checkpoint, or a Hub id such as google/functiongemma-270m-it.'
        )
    return _of_hub(base_model, token, by_others=False)


def tool_texts(tools: Sequence[Tool]) -> list[str]:
    """Returns the texts of the tools, so that declarations in a prompt need few tokens."""
    texts: list[str] = []
    for tool in tools:
        texts += [tool.name, tool.description, *tool.properties]
        texts += [str(schema.get("description", "")) for schema in tool.properties.values() if isinstance(schema, dict)]
    return texts


def load_counter(folder: Path, name: str) -> TokenCounter:
    """Returns the tokenizer in `folder`, from tokenizer.json, else tokenizer.model. Raises InputError."""
    fast, plain = (folder / file for file in TOKENIZER_FILES)
    path = fast if fast.is_file() else plain
    if not path.is_file():
        raise InputError(
            f"The folder {folder} has no tokenizer: neither tokenizer.json nor tokenizer.model. "
            "Name the folder of a saved checkpoint."
        )
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"The tokenizer {path} has more than {LARGEST_BYTES // MB} MB. Name another checkpoint.")
    with tokenizer_errors(f"The tokenizer {path} cannot be read"):
        if path == fast:
            return FastCounter(name, fast)
        return SentencePieceCounter(name, plain.read_bytes())


@contextmanager
def tokenizer_errors(what: str) -> Iterator[None]:
    """A context that raises InputError for every error of a tokenizer's library, including its panics.

    A Rust panic is a BaseException and not an Exception.
    """
    try:
        yield
    except InputError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise InputError(f"{what}: {str(error)[:300]}. Download or save the checkpoint again.") from error


def is_panic(error: BaseException) -> bool:
    """Whether the error is a panic of a library in Rust."""
    return type(error).__module__ == "pyo3_runtime"


def load_plain_counter(folder: Path, name: str) -> TokenCounter:
    """Returns the tokenizer in `folder`, which somebody else may have made. Raises InputError.

    A tokenizer with regular expressions is refused, because a hostile one never ends. The trainer's tokenizers have
    none.
    """
    path = folder / TOKENIZER_FILES[0]
    if path.is_file() and path.stat().st_size <= LARGEST_BYTES:
        with tokenizer_errors(f"The tokenizer {path} cannot be read"):
            json.loads(path.read_bytes(), object_pairs_hook=partial(_without_regex, path))
    return load_counter(folder, name)


def _without_regex(path: Path, pairs: list[tuple[str, object]]) -> None:
    """Raises InputError if an object of a tokenizer.json is an expression; in a vocabulary the word has a number."""
    if any(key == "Regex" and not isinstance(value, int) for key, value in pairs):
        raise InputError(f"The tokenizer {path} has regular expressions, and Gemma 3's has none. Train again.")


def _of_hub(repo: str, token: Token, *, by_others: bool) -> TokenCounter:
    from backend.tokens.hub_counter import hub_counter  # the Hub's client takes longer than a check

    return hub_counter(repo, token, by_others=by_others)
