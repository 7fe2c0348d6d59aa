"""The exported file in the visitor's browser: the worker's configuration, and reading its answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from backend.data.tools import read_tools
from backend.errors import InputError
from backend.inference import Answer
from backend.prompts import BOS, get_format, read_answer
from backend.runs import Run, RunConfig
from backend.tokens import TokenCounter, load_plain_counter
from ui.page import PageState
from ui.services import exported, runtime_route, stamp

SCRIPT = (Path(__file__).parents[1] / "static" / "browser_model.js").read_text(encoding="utf-8")
QUESTION = "QUESTION"
MOST_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Given:
    """The browser's raw answers by message; `error` has the reason if it failed."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str | None = None
    stopped: bool = False

    @classmethod
    def from_json(cls, value: Any) -> Given | None:
        """Reads the value that came with the click; None if the server is to answer. The value is untrusted input."""
        if not isinstance(value, dict):
            return None
        listed = value.get("answers")
        items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        answers = {str(item.get("message")): item for item in items if isinstance(item.get("raw"), str)}
        failed = next((item["error"] for item in items if item.get("error")), value.get("error"))
        return cls(answers, str(failed)[:400] if failed else None, bool(value.get("stopped")))


def browser_panel(page_state: PageState) -> Markup:
    """The panel that the page's script fills with the progress; it holds the worker's configuration."""
    config = browser_config(page_state)
    if config is None:
        return Markup("")
    return Markup(
        '<div class="browser-model" data-config="{}">'
        '<p class="note" data-part="status" role="status"></p>'
        '<div class="bar" data-part="bar" hidden><i></i></div>'
        '<div class="actions"><button type="button" class="btn quiet small" data-part="stop" hidden>Stop</button>'
        '<button type="button" class="btn quiet small" data-part="insist" hidden>Use this phone anyway</button>'
        "</div></div>"
    ).format(json.dumps(config))


def browser_config(page_state: PageState) -> dict[str, Any] | None:
    """The worker's configuration; None if there is no file, or the runtime is not installed.

    `head` is the prompt up to the message and `tail` what follows it, without `<bos>`, which the runtime adds.
    """
    route, run = runtime_route(), page_state.run
    file = exported(run) if run else None
    if run is None or file is None or route is None:
        return None
    head, tail = _around(run.config, run.tools_path, stamp(run.tools_path))
    return {
        "file": file.name,
        "url": file.link,
        "sha256": file.sha256,
        "bytes": file.size,
        "runtime": route,
        "head": head,
        "tail": tail,
    }


def browser_answer(run: Run, item: Mapping[str, Any]) -> Answer:
    """The browser's answer, read by the same parser as the server's.

    The browser counts no tokens. They are counted here with the checkpoint's tokenizer, plus the stop token; 0 if the
    run's folder has no tokenizer.
    """
    raw = str(item["raw"])[:MOST_CHARACTERS]
    prefill, decode = _seconds(item, "prefill_seconds"), _seconds(item, "decode_seconds")
    tokens = _count(run, raw)
    reading = read_answer(get_format(run.config.prompt_format, run.config.declarations), raw)
    return Answer(
        raw=raw,
        calls=reading.calls,
        text=reading.text,
        error=reading.error,
        load_seconds=_seconds(item, "load_seconds"),
        first_token_seconds=prefill + (decode / tokens if tokens else 0.0),
        seconds=prefill + decode,
        tokens=tokens,
        tokens_per_second=tokens / decode if decode else 0.0,
    )


def _seconds(item: Mapping[str, Any], key: str) -> float:
    value = item.get(key)
    return float(value) if isinstance(value, int | float) else 0.0


@lru_cache(maxsize=8)
def _around(config: RunConfig, tools: Path, _stamp: tuple[int, int]) -> tuple[str, str]:
    prompt = get_format(config.prompt_format, config.declarations).prompt(read_tools(tools).tools, QUESTION)
    head, _, tail = prompt.removeprefix(BOS).rpartition(QUESTION)
    return head, tail


def _count(run: Run, raw: str) -> int:
    try:
        return len(_counter(run.checkpoint, stamp(run.checkpoint / "tokenizer.json")).encode(raw)) + 1
    except InputError:
        return 0


@lru_cache(maxsize=2)
def _counter(folder: Path, _stamp: tuple[int, int]) -> TokenCounter:
    return load_plain_counter(folder, folder.name)
