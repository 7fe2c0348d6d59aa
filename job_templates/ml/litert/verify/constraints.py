"""Asking a file with the runtime's constrained decoding switched on, and judging what an app gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from backend.device import Check, Result
from backend.errors import InputError
from backend.inference import Answer, WorkerDied
from backend.records import Example, Tool
from backend.scoring import same_calls

NAME = "constrained decoding"
"""The check's name in verification.json; it never decides the verdict."""

ROWS = 20
"""The most rows that are asked with constraints; the runtime builds a constraint anew for each of them."""

UNTRAINED = {
    "name": "untrained_tool",
    "description": "",
    "parameters": {"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]},
}
"""A tool that no model here was trained on: a runtime that holds the model to its tools lets no other call through."""


class ConstrainedAsk(Protocol):
    """Asks one message with constrained decoding switched on, for `tools` or those that the file was opened with.

    `Answer.calls` are the calls that an app receives; `Answer.error` says what the runtime raised, and its reason.
    Raises InputError or WorkerDied as ModelSession.request does.
    """

    def __call__(self, message: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Answer:
        """Returns the answer to one message."""
        ...


@dataclass(frozen=True, slots=True)
class Constrained:
    """What an app got with constraints: an answer to each message, up to the one that failed.

    `failure` is the reason why a message has no answer; `loose_call` names the call of a tool that was not handed over.
    """

    answers: tuple[Answer, ...] = ()
    failure: str | None = None
    loose_call: str | None = None


def ask_constrained(ask: ConstrainedAsk, messages: Sequence[str]) -> Constrained:
    """Asks the first ROWS messages, and one of them again with another tool; stops at the first that has no answer."""
    answers: list[Answer] = []
    try:
        for message in messages[:ROWS]:
            answer = ask(message)
            if answer.error is not None:
                return Constrained(tuple(answers), answer.error)
            answers.append(answer)
        other = ask(messages[0], [UNTRAINED])
    except (InputError, WorkerDied) as error:
        return Constrained(tuple(answers), str(error))
    loose = (call.name for call in other.calls if call.name != UNTRAINED["name"])
    return Constrained(tuple(answers), loose_call=next(loose, None))


def check_constraints(
    constrained: Constrained | None, rows: Sequence[Example], free: Sequence[Answer], tools: Sequence[Tool]
) -> Check:
    """Returns whether the file works with constrained decoding: as many of the same rows right as in `free`.

    `constrained` is None if the file was not asked; `free` are the answers to `rows` without constraints.
    """
    if constrained is None:
        return Check(NAME, Result.UNCHECKED, "The runtime builds constraints for native calls only; it was not tried.")
    if constrained.failure is not None:
        at = f" to message {len(constrained.answers) + 1}" if constrained.answers else ""
        return Check(NAME, Result.FAILED, f"An app that switches it on gets no answer{at}: {constrained.failure}")
    if constrained.loose_call is not None:
        return Check(NAME, Result.FAILED, _not_applied(constrained.loose_call))
    return _compared(constrained.answers, rows, free, tools)


def _not_applied(name: str) -> str:
    return (
        "The runtime answers, but applies no constraint: where an app handed over "
        f"{UNTRAINED['name']} alone, it received a call of {name}."
    )


def _compared(
    constrained: Sequence[Answer], rows: Sequence[Example], free: Sequence[Answer], tools: Sequence[Tool]
) -> Check:
    """Returns the check of the rows that were answered both ways."""
    n = min(len(constrained), len(rows), len(free))
    if n == 0:
        return Check(NAME, Result.UNCHECKED, "The runtime answers with constraints; there are no held-out rows to ask.")
    kept, before = (_right(rows[:n], answers[:n], tools) for answers in (constrained, free))
    detail = f"{kept} of {n} rows are right with constraints, and {before} of {n} without."
    return Check(NAME, Result.PASSED if kept >= before else Result.FAILED, detail)


def _right(rows: Sequence[Example], answers: Sequence[Answer], tools: Sequence[Tool]) -> int:
    """Returns how many answers hold the expected calls."""
    by_name = {tool.name: tool for tool in tools}
    return sum(
        answer.error is None and same_calls(row.calls, answer.calls, by_name)
        for row, answer in zip(rows, answers, strict=True)
    )
