"""A tiny `.litertlm` file, made here, opened and asked: `python -m job_templates.ml.litert.runtime.runtime_check`.

Prints one line if LiteRT-LM answers with the words that the file was made to say; else exits with 1 and the reason. It
runs in a process of its own, because the native runtime can end the process that it is in.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import sentencepiece

from backend.errors import InputError
from backend.prompts import STOP_TOKENS
from backend.runs import Scratch
from backend.tokens import starter_model_bytes
from job_templates import cli
from job_templates.ml.litert.bundle import build_metadata, write_bundle
from job_templates.ml.litert.runtime.phone_model import PhoneModel
from job_templates.ml.litert.runtime.tiny_model import CONTEXT, table_model

WORDS = "one two three"
TEMPLATE = "{{ messages[0].content }}"


def main() -> None:
    """Make the file, open it and ask it; InputError if the runtime refuses it or answers otherwise."""
    with Scratch("litert-check-") as folder:
        path = Path(folder) / "tiny.litertlm"
        check_file(path, *make_file(path))


def check_file(path: Path, first: str, wanted: str) -> None:
    """Ask the file with its `first` word; InputError if the runtime refuses it or says other words than `wanted`."""
    with PhoneModel(path, []) as model:
        answer = model.answer(first)
        if answer.text.split() != wanted.split():
            raise InputError(f"LiteRT-LM answered {answer.text!r} where the file says {wanted!r}.")
        cli.say(f"A file made here was opened in {model.load_seconds:.2f} s, and answered as it was made to.")


def make_file(path: Path) -> tuple[str, str]:
    """Write a file that says the words after the first one; the first, and what follows it."""
    tokenizer = starter_model_bytes([WORDS] * 3)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
    said = [*pieces.encode(WORDS), pieces.piece_to_id(STOP_TOKENS[0])]
    parts = path.parent / "tiny.tflite", path.parent / "tokenizer.model"
    parts[0].write_bytes(table_model(pieces.get_piece_size(), dict(pairwise(said))))
    parts[1].write_bytes(tokenizer)
    write_bundle(path, *parts, build_metadata("json", TEMPLATE, CONTEXT))
    return pieces.decode(said[:1]), pieces.decode(said[1:-1])


if __name__ == "__main__":
    cli.run(main)
