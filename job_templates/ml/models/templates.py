"""Rendering a chat template that somebody else wrote: in a process of its own, with limits on time and memory.

Run as `python -m job_templates.ml.models.templates`, which is what `render` does: an order on stdin, texts on stdout.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backend.errors import InputError
from job_templates.worker_process import end_with_parent

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 30.0
MOST_BYTES = 3 * 1024**3
"""Of address space: the library that renders takes 1 GB of it."""
MOST_CHARACTERS = 4_000_000
MEND = "Replace chat_template.jinja by the base model's own, then try again."
Message = dict[str, str]


def render(
    tokenizer: Any, conversations: Sequence[list[Message]], tools: list[dict[str, Any]], seconds: float = SECONDS
) -> list[str | None]:
    """What the tokenizer's chat template makes of each conversation; None for one that it does not know how to write.

    Raises InputError if it takes longer than `seconds`, or more memory than it may.
    """
    try:
        template = tokenizer.get_chat_template(None, tools=tools)
    except ValueError:  # no template at all
        return [None] * len(conversations)
    known: dict[str, Any] = tokenizer.special_tokens_map
    special = {name: value if isinstance(value, list) else str(value) for name, value in known.items()}
    where = f"The chat template of {tokenizer.name_or_path}"
    order = {"template": template, "conversations": conversations, "tools": tools, "special": special}
    command = [sys.executable, "-m", "job_templates.ml.models.templates"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(order),
            cwd=ROOT,
            timeout=seconds,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{where} was cut off after {seconds:.0f} seconds. {MEND}") from error
    if done.returncode != 0:
        raise InputError(f"{where} takes too much memory. {MEND}")
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
        return None  # a template that knows no such role, or has a fault
    return text if len(text) <= MOST_CHARACTERS else None


if __name__ == "__main__":
    main()
