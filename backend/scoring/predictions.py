"""Reads the answers of another program from a file, to score them like a model's."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.records import Example

MAX_BYTES = 50_000_000
"""Enough for the answers to 50,000 rows, each of a few hundred characters."""
COLUMNS = ("user_message", "answer")


def read_predictions(path: Path, examples: Sequence[Example]) -> list[str]:
    """Returns the raw answer for each example, matched by its message; repeated messages are matched in order.

    The file is a CSV with the columns user_message and answer, or JSON lines with these keys. Raises InputError, with
    the line, if the file is broken, a message has no row or a row has no answer.
    """
    waiting: dict[str, list[int]] = {}
    for index, example in reversed(list(enumerate(examples))):
        waiting.setdefault(example.message.strip(), []).append(index)
    answers: list[str | None] = [None] * len(examples)
    for line, message, answer in _records(path):
        places = waiting.get(message.strip())
        if not places:
            raise InputError(
                f"{path.name}, line {line}: no row to score has the message {message[:80]!r}, or it already has an "
                "answer. Give one answer for each row of the dataset, with exactly its user_message."
            )
        answers[places.pop()] = answer
    missing = [example for example, answer in zip(examples, answers, strict=True) if answer is None]
    if missing:
        raise InputError(
            f"{path.name} has no answer for {len(missing)} of {len(examples)} rows; the first is line "
            f"{missing[0].line} of the dataset, {missing[0].message[:80]!r}. Add them; an empty answer counts as wrong."
        )
    return [answer or "" for answer in answers]


def _records(path: Path) -> Iterator[tuple[int, str, str]]:
    text = _text(path)
    reader = _json_lines if text.lstrip().startswith("{") else _csv_rows
    for line, record in reader(path.name, text):
        values = [record.get(name) for name in COLUMNS]
        if not all(isinstance(value, str) for value in values):
            raise InputError(
                f"{path.name}, line {line}: user_message and answer must both be texts. Found: "
                f"{', '.join(str(key) for key in record) or 'nothing'}."
            )
        yield line, str(values[0]), str(values[1])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB. Score it in parts.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Give a CSV or a JSON lines file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error


def _json_lines(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, written in enumerate(text.split("\n"), start=1):
        if not written.strip():
            continue
        try:
            record = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}, line {line}: not JSON ({error}). Write one object on each line.") from error
        if not isinstance(record, dict):
            raise InputError(f"{name}, line {line}: an object with user_message and answer is needed.")
        yield line, record


def _csv_rows(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        before = reader.line_num
        for record in reader:
            yield before + 1 + (before == 0), record
            before = reader.line_num
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num}: not CSV ({error}). Quote texts that contain quotes."
        ) from error
