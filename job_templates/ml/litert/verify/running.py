"""Running a `.litertlm` file on rows, in a process that may crash, and keeping what came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from backend.errors import InputError
from backend.inference import Answer, ModelSession, WorkerDied
from backend.records import Tool

APP_ROWS = 20
"""So many rows are also asked the way an app asks; the rest only for their raw text, in half the time."""


@dataclass(slots=True)
class Ran:
    """What running a file gave: one answer a message, up to the point where `failure` says that it broke."""

    answers: list[Answer] = field(default_factory=list)
    ready: Mapping[str, Any] = field(default_factory=dict)
    failure: str | None = None
    handed_prompts: dict[str, str] = field(default_factory=dict)
    """The first message's prompt where an app hands its tools over in other ways, by what is different."""

    def median(self, name: str) -> float | None:
        """The median of one measured quantity over the answers, None without any."""
        return median(getattr(answer, name) for answer in self.answers) if self.answers else None

    @property
    def peak_memory_mb(self) -> float | None:
        """The largest memory that the runtime took."""
        return max((answer.peak_memory_mb for answer in self.answers), default=None)


def run_file(
    file: Path, handed: Path, messages: Sequence[str], tools: Sequence[Tool], on_row: Callable[[int], None]
) -> Ran:
    """Ask the file every message, with the tools in `handed`; whatever breaks ends up in `failure`."""
    ran = Ran()
    with ModelSession(file, handed) as answerer:
        try:
            answerer.load()
            ran.ready = answerer.ready
            for index, message in enumerate(messages):
                ran.answers.append(answerer.request(message, only=None if index < APP_ROWS else "raw"))
                on_row(index + 1)
            for name, variant in tool_variants(tools).items():
                prompt = answerer.request(messages[0], only="prompt", tools=variant).prompt
                ran.handed_prompts[name] = prompt
        except (InputError, WorkerDied) as error:
            ran.failure = str(error)
    return ran


def tool_variants(tools: Sequence[Tool]) -> dict[str, list[dict[str, Any]]]:
    """The same tools as careless apps would hand them over."""
    plain = [tool.to_dict()["function"] for tool in tools]
    reordered: list[dict[str, Any]] = json.loads(json.dumps(plain), object_pairs_hook=lambda pairs: dict(pairs[::-1]))
    returning = [{**function, "return": {"type": "string"}} for function in plain]
    return {
        "with keys in another order": reordered,
        "with a return type": returning,
        "last one first": plain[::-1],
        "without descriptions": [{**function, "description": ""} for function in plain],
    }
