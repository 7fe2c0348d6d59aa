"""Rendering of untrusted chat templates, in a separate process with limits on time and memory.

`render` runs `python -m job_templates.ml.templates`, which reads an order from stdin and writes texts to stdout. The
module is not in `models`, because that package imports torch, which takes seconds.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend.errors import InputError
from job_templates.worker_process import end_with_parent

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30.0
MOST_BYTES = 1024**3
"""The limit of the process's address space; the rendering library needs 0.15 GB with one thread of OpenBLAS."""
MOST_CHARACTERS = 4_000_000
NEXT_STEP = "Replace chat_template.jinja with the base model's own, then try again."
Message = dict[str, str]


def render(
    tokenizer: Any, conversations: Sequence[list[Message]], tools: list[dict[str, Any]], seconds: float = SECONDS
) -> list[str | None]:
    """Returns the text that the tokenizer's chat template gives for each conversation; None if it cannot render it.

    Raises InputError if the template takes longer than `seconds`, or more than MOST_BYTES of memory.
    """
    try:
        template = tokenizer.get_chat_template(None, tools=tools)
    except ValueError:  # there is no template
        return [None] * len(conversations)
    tokens: dict[str, Any] = tokenizer.special_tokens_map
    special = {name: value if isinstance(value, list) else str(value) for name, value in tokens.items()}
    where = f"The chat template of {tokenizer.name_or_path}"
    order = {"template": template, "conversations": conversations, "tools": tools, "special": special}
    command = [sys.executable, "-m", "job_templates.ml.templates"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(order),
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            timeout=seconds,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{where} was cut off after {seconds:.0f} seconds. {NEXT_STEP}") from error
    if done.returncode != 0:
        raise InputError(f"{where} takes too much memory. {NEXT_STEP}")
    found: list[str | None] = json.loads(done.stdout)
    return found


def main() -> None:
    """Render the order on stdin."""
    end_with_parent()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin)
    json.dump([_rendered(order, one) for one in order["conversations"]], sys.stdout)


def _rendered(order: dict[str, Any], conversation: list[Message]) -> str | None:
    from jinja2 import TemplateError
    from transformers.utils.chat_template_utils import render_jinja_template

    try:
        (text,), _ = render_jinja_template(
            conversations=[conversation], tools=order["tools"], chat_template=order["template"],
            add_generation_prompt=True, **order["special"],
        )  # fmt: skip
    except MemoryError:
        raise
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return None  # the template does not support such a role, or has an error
    return text if len(text) <= MOST_CHARACTERS else None


if __name__ == "__main__":
    main()
