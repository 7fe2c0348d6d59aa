# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#     "jinja2==3.1.6",
#     "numpy==2.4.6",
#     "sentencepiece==0.2.3",
#     "protobuf==7.36.2",
#     "psutil==7.2.2",
#     "litert-lm-api==0.18.1",
#     "litert-lm-builder==0.18.1",
# ]
# ///
"""Answer messages with a `.litertlm` file, one JSON object per line: the worker of the page's Try step.

stdin: {"id", "message"}, optionally "only" ("prompt": only render the prompt; "raw": do not ask as an app does;
"constrained": ask as an app with constrained decoding),
"tools" (instead of those in --tools), and "sure" (true: also give the answer's probability, which takes about as long
as the answer). Or {"id", "conversation"}, a list of messages, optionally with "response", an
object with which each call is answered, and "rounds", how often in a row.
stdout: first {"ready", "load_seconds", …}, then one line for each request.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from backend.errors import InputError
from backend.prompts import PromptFormat, get_format, read_answer
from job_templates.ml.litert.bundle import read_bundle
from job_templates.ml.litert.runtime import MAX_ANSWER_TOKENS, PhoneModel, Reply, converse
from job_templates.worker_process import peak_memory_mb

ANSWER_SHARE = 4
"""In a conversation an answer takes at most this part of the context, so that several messages fit."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--model", type=Path, required=True, metavar="FILE.litertlm", help="the exported file")
    command.add_argument(
        "--tools", type=Path, required=True, help="the tools that the app passes to the runtime: tools_android.json"
    )
    command.add_argument(
        "--cache-dir", type=Path, help="an empty folder for compiled weights (default: do not store them)"
    )
    return command


def read_tools(path: Path) -> list[dict[str, Any]]:
    """The tools in a JSON file, as an app passes them to the runtime. Raises InputError if it cannot be read."""
    try:
        tools = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as tools: {error}. Name the export's tools_android.json.") from error
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InputError(f"{path} must hold a list of tools. Name the export's tools_android.json.")
    return tools


def answer(model: PhoneModel, fmt: PromptFormat, request: Mapping[str, Any]) -> dict[str, Any]:
    """One answer as JSON; an error of this message alone is in "error"."""
    only = request.get("only")
    reply: dict[str, Any] = {"id": request.get("id"), "raw": "", "calls": [], "text": "", "error": None}
    reply["load_seconds"] = model.load_seconds
    try:
        message = request.get("message")
        if not isinstance(message, str):
            raise InputError('A request needs a "message" that is text.')
        reply["prompt"] = model.render(message, request.get("tools"))
        reply["prompt_ids"] = model.encode(reply["prompt"])
        if only == "prompt":
            return reply
        if only == "constrained":
            return reply | _constrained(model, fmt, message, request.get("tools"))
        raw = model.answer(reply["prompt"])
        reply |= {
            "raw": raw.text,
            "first_token_seconds": raw.first_token_seconds,
            "seconds": raw.seconds,
            "tokens": raw.tokens,
            "tokens_per_second": raw.tokens_per_second,
        }
        if request.get("sure"):
            reply["probability"] = model.probability(reply["prompt"], raw)
        reply |= _read(model, fmt, message, raw.text, as_app=only != "raw")
    except (InputError, RuntimeError) as error:  # the runtime raises nothing else
        reply["error"] = str(error)
    reply["peak_memory_mb"] = peak_memory_mb()
    return reply


def _read(model: PhoneModel, fmt: PromptFormat, message: str, raw: str, *, as_app: bool) -> dict[str, Any]:
    """The calls and the text that our parser reads in a raw answer, compared with what the runtime gives an app."""
    reading = read_answer(fmt, raw)
    read: dict[str, Any] = {"calls": [call.to_dict() for call in reading.calls], "text": reading.text}
    if reading.error is not None:
        read["error"] = reading.error
    if as_app and fmt.name == "native":  # the runtime reads no calls in any other format
        received = _received(model, message)
        read["app_agrees"] = received.calls == reading.calls and (received.failure is None or reading.error is not None)
        if reading.error is None and not read["app_agrees"]:
            names = ", ".join(call.name for call in received.calls) or ("an error" if received.failure else "no call")
            read["error"] = f"The runtime reads this answer differently from our parser: an app receives {names}."
    return read


def _received(model: PhoneModel, message: str) -> Reply:
    """What an app receives; its `failure` is set if the runtime cannot read the answer."""
    with model.conversation() as conversation:
        return conversation.send(message)


def _constrained(model: PhoneModel, fmt: PromptFormat, message: str, tools: Any) -> dict[str, Any]:
    """What an app with constrained decoding receives."""
    with model.conversation(tools=tools, constrained=True) as conversation:
        received = conversation.send(message)
    calls = [call.to_dict() for call in received.calls or read_answer(fmt, received.text).calls]
    return {"calls": calls, "text": received.text, "error": received.failure}


def hold(model: PhoneModel, fmt: PromptFormat, request: Mapping[str, Any]) -> dict[str, Any]:
    """The replies of one conversation as JSON; an error of the request is in "error"."""
    reply: dict[str, Any] = {"id": request.get("id"), "replies": [], "error": None}
    messages = request["conversation"]
    if not isinstance(messages, list) or not all(isinstance(message, str | dict) for message in messages):
        return reply | {"error": 'A "conversation" is a list of messages.'}
    response, rounds = request.get("response"), request.get("rounds")
    try:
        with model.conversation(min(MAX_ANSWER_TOKENS, model.context // ANSWER_SHARE)) as conversation:
            replies = converse(
                conversation,
                messages,
                lambda text: read_answer(fmt, text).calls,
                response if isinstance(response, dict) else None,
                rounds if isinstance(rounds, int) else 1,
            )
            reply["replies"] = [one.to_dict() for one in replies]
    except RuntimeError as error:  # the runtime raises nothing else
        reply["error"] = str(error)
    return reply


def serve(model: PhoneModel, fmt: PromptFormat, requests: TextIO, replies: TextIO) -> None:
    """Answer every line until the input ends."""
    for line in requests:
        if line.strip():
            try:
                request = json.loads(line)
            except ValueError as error:
                _write(replies, {"id": None, "error": f"This line is not JSON: {error}."})
                continue
            known = request if isinstance(request, dict) else {}
            _write(replies, hold(model, fmt, known) if "conversation" in known else answer(model, fmt, known))


def _write(replies: TextIO, reply: Mapping[str, Any]) -> None:
    replies.write(json.dumps(reply, ensure_ascii=False) + "\n")
    replies.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Open the file, report that on the first line, and answer."""
    options = parser().parse_args(arguments)
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of native code must not mix with the answers
    try:
        tools = read_tools(options.tools)
        native = read_bundle(options.model).metadata().llm_model_type.HasField("function_gemma")
        model = PhoneModel(options.model, tools, options.cache_dir)
    except (InputError, OSError) as error:
        _write(replies, {"ready": False, "error": str(error)})
        return 1
    with model:
        _write(
            replies,
            {
                "ready": True,
                "load_seconds": model.load_seconds,
                "context": model.context,
                "start_token": model.start_token,
                "stop_tokens": model.stop_tokens,
            },
        )
        serve(model, get_format("native" if native else "json"), sys.stdin, replies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
