# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "huggingface_hub==2.4.0",
#     "pandas==3.1.1",
#     "pyarrow==26.0.1",
#     "python-calamine==0.9.1",
#     "numpy==2.4.6",
#     "jinja2==3.1.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "tokenizers==0.23.3",
#     "scikit-learn==1.9.1",
#     "wordfreq==3.1.1",
#     "torch==2.13.0",
#     "transformers==5.23.0",
#     "trl==1.16.0",
#     "peft==0.21.2",
#     "datasets==5.2.0",
#     "accelerate==1.15.0",
#     "safetensors==0.8.0",
#     "trackio==0.43.0",
#     "psutil==7.2.2",
# ]
#
# [tool.uv.sources]
# torch = { index = "pytorch-cu126", marker = "sys_platform == 'linux' and platform_machine == 'x86_64'" }
#
# [[tool.uv.index]]
# name = "pytorch-cu126"
# url = "https://download.pytorch.org/whl/cu126"
# explicit = true
# ///
"""Answer messages with a run's checkpoint or its base model, one JSON object per line, to compare models in Try.

stdin: {"id", "message"}. stdout: first {"ready", "load_seconds"}, then one line for each answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from job_templates.cli import prepare_environment

if __name__ == "__main__":
    prepare_environment()

import argparse
import json
import os
import time
from collections.abc import Sequence
from typing import Any, TextIO

from backend.data.tools import read_tools
from backend.errors import InputError
from backend.prompts import STOP_IDS, read_answer, strip_stop_tokens
from backend.records import Tool

MOST_NEW = {"tuned": 256, "base": 64}
"""The most tokens of an answer. A base that was never tuned to call tools may write without end, token by token."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run's folder")
    command.add_argument(
        "--which",
        choices=("tuned", "base"),
        default="tuned",
        help="its checkpoint, or the model that it was tuned from",
    )
    return command


# Set before torch loads. Decoding token by token is bound by memory: one core is about as fast as two. While a
# training runs, threads that wait for each other take minutes for the work that one thread does in seconds.
os.environ.setdefault("OMP_NUM_THREADS", "1")


class Weights:
    """A loaded model; the part of its prompt before the message is computed once."""

    def __init__(self, run: Path, which: str, tools: Sequence[Tool]) -> None:
        from job_templates.ml.evaluation import SharedDecoder
        from job_templates.ml.models import find_source, load_base, load_tuned
        from job_templates.ml.rows import TokenRow, encode, shared_prefix

        source = find_source(str(run))
        if which == "base":
            assert source.run is not None
            model = load_base(source.run)
        else:
            model = load_tuned(source, tools)
        self._model, self._tools = model, tools
        self._most_new = MOST_NEW[which]
        probes = encode(model.tokenizer, [model.fmt.prompt(tools, message) for message in ("a", "Zoo 9")])
        rows = [TokenRow(prompt, ()) for prompt in probes]
        self._prefix = probes[0][: shared_prefix(rows)]
        self._shared = SharedDecoder(model.model, self._prefix)
        self._plain = SharedDecoder(model.model, ())

    def answer(self, message: str) -> dict[str, Any]:
        """The greedy answer to one message, as JSON."""
        from job_templates.ml.rows import TokenRow, encode

        started = time.perf_counter()
        fmt, tokenizer = self._model.fmt, self._model.tokenizer
        prompt, guess = encode(tokenizer, [fmt.prompt(self._tools, message), fmt.stop_token])
        shared = prompt[: len(self._prefix)] == self._prefix
        (found,) = (self._shared if shared else self._plain).answers([TokenRow(prompt, guess)], self._most_new)
        ids = found.tokens
        seconds = time.perf_counter() - started
        written = tokenizer.decode(ids, skip_special_tokens=False)
        reading = read_answer(fmt, written)
        calls = [call.to_dict() for call in reading.calls]
        ended = ids[-1] in STOP_IDS or reading.calls
        cut = None if ended else f"The answer was cut off after {len(ids)} tokens, because it did not end."
        return {
            "raw": strip_stop_tokens(written),
            "calls": calls,
            "text": reading.text,
            "error": cut or reading.error,
            "seconds": seconds,
            "tokens": len(ids),
            "probability": None if cut else found.probability,
        }


def serve(model: Weights, requests: TextIO, replies: TextIO) -> None:
    """Answer every line until the input ends."""
    for line in requests:
        if line.strip():
            request = json.loads(line)
            try:
                reply = model.answer(str(request.get("message", "")))
            except RuntimeError as error:  # torch raises it, for example when memory runs out
                reply = {"error": str(error)}
            _write(replies, {"id": request.get("id"), **reply})


def _write(replies: TextIO, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply, ensure_ascii=False) + "\n")
    replies.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Load the model, report that on the first line, and answer."""
    options = parser().parse_args(arguments)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of libraries must not mix with the answers
    started = time.perf_counter()
    try:
        tools = read_tools(options.run / "inputs" / "tools.json").tools
        model = Weights(options.run, options.which, tools)
    except (InputError, OSError) as error:
        _write(replies, {"ready": False, "error": str(error)})
        return 1
    _write(replies, {"ready": True, "load_seconds": time.perf_counter() - started})
    serve(model, sys.stdin, replies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
