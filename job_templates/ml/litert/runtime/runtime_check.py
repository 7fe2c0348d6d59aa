"""The check of the runtime with a tiny new file: `python -m job_templates.ml.litert.runtime.runtime_check`.

Prints one line if LiteRT-LM gives the answer that the file was made for; otherwise exits with 1 and the reason. It runs
in a separate process, because the native runtime can end its process.
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
    """Create a file and check it. Raises InputError if the runtime refuses it or gives another answer."""
    with Scratch("litert-check-") as folder:
        path = Path(folder) / "tiny.litertlm"
        check_file(path, *make_file(path))


def check_file(path: Path, first: str, expected: str) -> None:
    """Send the file its first word. Raises InputError if the runtime refuses it or does not answer `expected`."""
    with PhoneModel(path, []) as model:
        answer = model.answer(first)
        if answer.text.split() != expected.split():
            raise InputError(f"LiteRT-LM answered {answer.text!r}, but the file's answer is {expected!r}.")
        cli.say(f"A test file was opened in {model.load_seconds:.2f} s, and its answer is right.")


def make_file(path: Path) -> tuple[str, str]:
    """Write a file whose answer to the first word is the other words. Returns the first word and the answer."""
    tokenizer = starter_model_bytes([WORDS] * 3)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=tokenizer)
    tokens = [*pieces.encode(WORDS), pieces.piece_to_id(STOP_TOKENS[0])]
    parts = path.parent / "tiny.tflite", path.parent / "tokenizer.model"
    parts[0].write_bytes(table_model(pieces.get_piece_size(), dict(pairwise(tokens))))
    parts[1].write_bytes(tokenizer)
    write_bundle(path, *parts, build_metadata("json", TEMPLATE, CONTEXT))
    return pieces.decode(tokens[:1]), pieces.decode(tokens[1:-1])


if __name__ == "__main__":
    cli.run(main)
