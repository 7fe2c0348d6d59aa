"""Runs a `.litertlm` file on rows, in a process that may crash, and collects the results."""

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
from job_templates.ml.litert.verify.constraints import Constrained, ask_constrained
from job_templates.ml.litert.verify.conversations import Conversation, hold_conversations

APP_ROWS = 20
"""The number of first rows that are also sent as an app sends them. The others give only raw text, in half the time."""
APP_OFF_TOPIC = 5
"""The same number of off-topic messages, most of which a trained model answers with nothing."""


@dataclass(slots=True)
class Ran:
    """The results of running a file: one answer per message. If `failure` has an error, later answers are missing."""

    answers: list[Answer] = field(default_factory=list)
    ready: Mapping[str, Any] = field(default_factory=dict)
    failure: str | None = None
    variant_prompts: dict[str, str] = field(default_factory=dict)
    """The first message's prompt for each of the `tool_variants`."""
    conversations: list[Conversation] = field(default_factory=list)
    conversation_failure: str | None = None
    """Why no conversation could be held, after every message was answered alone."""
    constrained: Constrained | None = None
    """What an app gets that switches constrained decoding on; None if that was not tried."""
    off_topic: list[Answer] = field(default_factory=list)
    """The answers to the off-topic messages, which are asked after the others."""
    unusual: list[Answer] = field(default_factory=list)
    """The answers to unusual messages, which show what a trimmed vocabulary costs."""

    def median(self, name: str) -> float | None:
        """Returns the median of one measured quantity over the answers; None if there are none."""
        return median(getattr(answer, name) for answer in self.answers) if self.answers else None

    @property
    def peak_memory_mb(self) -> float | None:
        """The peak memory of the runtime's process; None if there are no answers."""
        return max((answer.peak_memory_mb for answer in self.answers), default=None)


def run_file(
    file: Path,
    tools_file: Path,
    messages: Sequence[str],
    off_topic: Sequence[str],
    tools: Sequence[Tool],
    on_row: Callable[[int], None],
    *,
    unusual: Sequence[str] = (),
    constrain: bool = False,
) -> Ran:
    """Sends every message, off-topic message and unusual message to the file, with the tools in `tools_file`.

    An error ends the run and is stored in `failure`. `on_row` gets the number of answers. `constrain` sends some
    messages again with constrained decoding.
    """
    ran = Ran()
    with ModelSession(file, tools_file) as session:
        try:
            session.load()
            ran.ready = session.ready
            for index, message in enumerate(messages):
                ran.answers.append(session.request(message, only=None if index < APP_ROWS else "raw"))
                on_row(index + 1)
            for index, message in enumerate(off_topic):
                ran.off_topic.append(session.request(message, only=None if index < APP_OFF_TOPIC else "raw"))
                on_row(len(messages) + index + 1)
            for index, message in enumerate(unusual):
                ran.unusual.append(session.request(message, only="raw"))
                on_row(len(messages) + len(off_topic) + index + 1)
            for name, variant in tool_variants(tools).items():
                prompt = session.request(messages[0], only="prompt", tools=variant).prompt
                ran.variant_prompts[name] = prompt
        except (InputError, WorkerDied) as error:
            ran.failure = str(error)
            return ran
        try:
            ran.conversations = hold_conversations(session, messages, off_topic)
        except (InputError, WorkerDied) as error:
            ran.conversation_failure = str(error)
        if constrain:
            ran.constrained = ask_constrained(session.request_constrained, messages)
    return ran


def tool_variants(tools: Sequence[Tool]) -> dict[str, list[dict[str, Any]]]:
    """Returns the same tools in other forms in which apps may pass them, by the difference."""
    plain = [tool.to_dict()["function"] for tool in tools]
    reordered: list[dict[str, Any]] = json.loads(json.dumps(plain), object_pairs_hook=lambda pairs: dict(pairs[::-1]))
    returning = [{**function, "return": {"type": "string"}} for function in plain]
    return {
        "with keys in another order": reordered,
        "with a return type": returning,
        "last one first": plain[::-1],
        "without descriptions": [{**function, "description": ""} for function in plain],
    }
