"""Gives rows without a call the answer that a run's settings ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from backend.data.text import guess_code
from backend.off_topic.messages import Message
from backend.records import Example


def with_answers(rows: Iterable[Example], answers: Mapping[str, str]) -> tuple[Example, ...]:
    """Returns the rows; one without a call and without an answer of its own gets that of its language.

    `answers` are sentences by language code, with the empty code for all others.
    """
    return tuple(row if row.calls or row.answer else replace(row, answer=_answer(row, answers)) for row in rows)


def as_rows(messages: Sequence[Message], answers: Mapping[str, str]) -> tuple[Example, ...]:
    """Returns the messages as rows without a call."""
    return tuple(
        Example(message.id, 0, message.text, (), answers.get(message.language, answers[""])) for message in messages
    )


def _answer(row: Example, answers: Mapping[str, str]) -> str:
    code = guess_code(row.message) if len(answers) > 1 else ""
    return answers.get(code, answers[""])
