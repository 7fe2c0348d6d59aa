"""Counting tokens with the tokenizer of any base model: the starter, a folder, or a Hub repository."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
_REGEX = re.compile(rb'"Regex"')
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
                with tokenizer_errors(f"The tokenizer of {self.name} cannot count"):
                    ids.extend(self._processor.encode(part))
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text of `ids`, without pad, eos, bos and unk."""
        text: str = self._processor.decode(ids)
        return text


class FastCounter:
    """Encodes with a Hugging Face `tokenizer.json`."""

    def __init__(self, name: str, path: Path) -> None:
        import tokenizers  # the starter needs none

        self.name = name
        self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`."""
        with tokenizer_errors(f"The tokenizer of {self.name} cannot count"):
            ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def counter_for(
    base_model: str,
    tools: Sequence[Tool],
    messages_and_completions: Iterable[str],
    token: Token = None,
    *,
    folders: bool = True,
) -> TokenCounter:
    """The tokenizer of `base_model`: "starter", a folder that holds one, or a Hub id (read with `token`).

    The starter's is trained here and now on the texts and the tools, as a run would train it. With `folders` False the
    base of somebody else is counted: no folder of this machine is looked at. Raises InputError when a folder or
    repository has no readable tokenizer.
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
            'Give "starter", a folder with a checkpoint, or a Hub id such as google/functiongemma-270m-it.'
        )
    return _of_hub(base_model, token, by_others=False)


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
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"The tokenizer {path} has more than {LARGEST_BYTES // MB} MB. Name another checkpoint.")
    with tokenizer_errors(f"The tokenizer {path} cannot be read"):
        if path == fast:
            return FastCounter(name, fast)
        return SentencePieceCounter(name, plain.read_bytes())


@contextmanager
def tokenizer_errors(what: str) -> Iterator[None]:
    """Turn whatever a tokenizer's library raises into InputError: bare Exceptions, RuntimeErrors, and panics.

    A panic of Rust is no Exception, only a BaseException.
    """
    try:
        yield
    except InputError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise InputError(f"{what}: {str(error)[:300]}. Fetch or save the checkpoint again.") from error


def is_panic(error: BaseException) -> bool:
    """Whether a library in Rust gave up: its panics are no Exceptions."""
    return type(error).__module__ == "pyo3_runtime"


def load_plain_counter(folder: Path, name: str) -> TokenCounter:
    """As load_counter, for a file that somebody else may have made: one with regular expressions is refused.

    The trainer's own tokenizers have none, and a hostile one takes for ever. InputError.
    """
    path = folder / TOKENIZER_FILES[0]
    if path.is_file() and path.stat().st_size <= LARGEST_BYTES and _REGEX.search(path.read_bytes()):
        raise InputError(f"The tokenizer {path} splits by regular expressions, which no Gemma 3 does. Train again.")
    return load_counter(folder, name)


def _of_hub(repo: str, token: Token, *, by_others: bool) -> TokenCounter:
    from backend.tokens.hub_counter import hub_counter  # the Hub's client takes longer than a check

    return hub_counter(repo, token, by_others=by_others)
