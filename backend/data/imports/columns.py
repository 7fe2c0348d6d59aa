"""Readers of records with a message and its calls in columns: standard, xLAM, Tuning Lab, BFCL, and other pairs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.data.csv import normal_name
from backend.data.imports.chat import Messages, split_of
from backend.data.imports.conversation import Conversation, as_turn, first_exchange
from backend.data.imports.labels import NO_CALL, answer_cells, calls_cell, is_label
from backend.data.imports.records import ImportedRow, LeftOut, RowReader
from backend.data.text import ANSWER, CALLS, MESSAGE, ORIGIN

ALTERNATIVES = "other right answers"
_MESSAGE_KEYS = (
    MESSAGE, "user_content", "user_prompt", "query", "question", "user_input", "user", "message", "prompt",
    "instruction", "utterance", "input", "text", "request",
)  # fmt: skip
_CALL_KEYS = (
    CALLS, "tool_call", "function_calls", "function_call", "calls", "answers", "answer", "completion", "output",
    "response", "label", "target", "expected", "ground_truth",
)  # fmt: skip
_NAME_KEYS = ("tool_name", "function_name", "tool", "function", "name")
_ARGUMENT_KEYS = ("tool_arguments", "tool_args", "function_arguments", "arguments", "args", "parameters")
_TOOL_KEYS = ("tools", "functions", "function", "available_tools")
_NOTHING = {"", "none", "null", "nan", "no_tool", "no_call"}
KNOWN_KEYS = frozenset((*_MESSAGE_KEYS, *_CALL_KEYS, *_NAME_KEYS, *_ARGUMENT_KEYS, *_TOOL_KEYS, "messages"))
"""The normal names of columns by which a table's header is recognised."""


def _named(value: Mapping[str, Any]) -> dict[str, Any]:
    return {normal_name(str(key)): item for key, item in value.items()}


def _one(value: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((value[key] for key in keys if value.get(key) is not None), None)


def _message(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise LeftOut("it has no message")
    if isinstance(value, int | float):
        return str(value)
    raise LeftOut("its message is not a text")


class StandardRows:
    """Reads records with the standard columns, user_message and tool_calls."""

    name = "rows with user_message and tool_calls"

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether both columns are there."""
        return {MESSAGE, CALLS} <= {normal_name(str(key)) for key in value}

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the row; text in tool_calls is handed on as it stands. Raises LeftOut."""
        named = _named(value)
        calls, answer = named.get(CALLS), named.get(ANSWER)
        cell = calls if isinstance(calls, str) else "" if calls is None else calls_cell(calls)
        spoken = answer if isinstance(answer, str) else ""
        origin = named.get(ORIGIN)
        row = ImportedRow(_message(named.get(MESSAGE)), cell, spoken, split_of(named), named.get("tools"))
        return replace(row, origin=origin) if isinstance(origin, str) else row


class TuningLabRows:
    """Reads rows of Google's Tuning Lab: user_content, tool_name, and tool_arguments as JSON."""

    name = "Tuning Lab rows"

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether there are a message, a tool's name and its arguments."""
        named = _named(value)
        return all(any(key in named for key in keys) for keys in (_MESSAGE_KEYS, _NAME_KEYS[:2], _ARGUMENT_KEYS))

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the row; a row without a tool's name calls nothing. Raises LeftOut."""
        named = _named(value)
        name, arguments = _one(named, _NAME_KEYS), _one(named, _ARGUMENT_KEYS)
        message, tools = _message(_one(named, _MESSAGE_KEYS)), named.get("tools")
        if name is None or (isinstance(name, str) and name.strip().casefold() in _NOTHING):
            return ImportedRow(message, NO_CALL, split=split_of(named), tools=tools)
        if not isinstance(name, str):
            raise LeftOut("its tool's name is not a text")
        arguments = {} if arguments is None or arguments == "" else arguments
        return ImportedRow(message, calls_cell({"name": name.strip(), "args": arguments}), "", split_of(named), tools)


class XlamRows:
    """Reads xLAM's query, tools and answers; tools and answers can be lists or their JSON."""

    name = "xLAM rows (query, tools, answers)"

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether both query and answers are there."""
        return isinstance(value.get("query"), str) and "answers" in value

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the row. Raises LeftOut."""
        calls = calls_cell(value.get("answers"))
        return ImportedRow(_message(value.get("query")), calls, "", split_of(value), value.get("tools"))


class BfclRows:
    """Reads BFCL's questions, joined with their ground_truth by id (importing.py).

    BFCL lists every right value of an argument: the first one is taken, and "" leaves the argument out
    (berkeley-function-call-leaderboard/bfcl_eval/data, read on 2026-11-28).
    """

    name = "BFCL questions"

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether there are a question in turns and an id."""
        question = value.get("question")
        return isinstance(question, list) and bool(question) and isinstance(question[0], list) and "id" in value

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the first turn with the first right answer. Raises LeftOut."""
        question, truth = value.get("question"), value.get("ground_truth")
        if not isinstance(question, list) or not question or not isinstance(question[0], list):
            raise LeftOut("it has no question")
        notes: Counter[str] = Counter()
        if truth is None and "irrelevance" in str(value.get("id")):
            truth = []
        if truth is None:
            raise LeftOut("its answer is in BFCL's other file, possible_answer")
        if len(question) > 1 or not isinstance(truth, list) or not all(map(_is_truth, truth)):
            raise LeftOut("its answer depends on several turns")
        calls = [_first_right(call, notes) for call in truth]
        cell = json.dumps(calls, ensure_ascii=False)
        row = first_exchange(Conversation([*map(as_turn, question[0]), as_turn(_answer(cell))], value.get("function")))
        return ImportedRow(row.message, row.calls, "", "", row.tools, Counter(row.notes) + notes)


def _answer(cell: str) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": cell} if cell != NO_CALL else {"role": "assistant", "content": ""}


def _is_truth(call: Any) -> bool:
    return isinstance(call, Mapping) and len(call) == 1 and isinstance(next(iter(call.values())), Mapping)


def _first_right(call: Mapping[str, Any], notes: Counter[str]) -> dict[str, Any]:
    """Returns a call of ground_truth with the first right value of each argument."""
    ((name, arguments),) = call.items()
    if any(isinstance(values, list) and len(values) > 1 for values in arguments.values()):
        notes[ALTERNATIVES] = 1
    return {"name": name, "args": _first_values(arguments)}


def _first_values(arguments: Mapping[str, Any]) -> dict[str, Any]:
    first = {key: values[0] for key, values in arguments.items() if isinstance(values, list) and values}
    return {key: _inner(value) for key, value in first.items() if value != ""}


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _first_values(value)
    return [_inner(item) if isinstance(item, Mapping) else item for item in value] if isinstance(value, list) else value


class QuestionAnswers:
    """Reads records with a message or a conversation under one name and its label under another.

    The label must hold calls: rows of questions and prose are no rows of tool calls.
    """

    name = "question and answer rows"

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether there are a message and an answer, and the answer holds calls."""
        named = _named(value)
        label = _one(named, _CALL_KEYS)
        if _one(named, _MESSAGE_KEYS) is None or label is None:
            return False
        return is_label(label) if isinstance(label, str) else isinstance(label, list | Mapping)

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the first exchange. Raises LeftOut."""
        named = _named(value)
        asked, label, tools = (_one(named, keys) for keys in (_MESSAGE_KEYS, _CALL_KEYS, _TOOL_KEYS))
        if label is None:
            raise LeftOut("it has no answer")
        calls, answer = answer_cells(label) if isinstance(label, str) else (calls_cell(label), "")
        if _CONVERSATIONS.reads({"messages": asked}):
            turns = json.loads(asked) if isinstance(asked, str) else asked
            last = {"role": "assistant", "content": answer} if calls == NO_CALL else {
                "role": "assistant", "tool_calls": calls,
            }  # fmt: skip
            split = split_of(named)
            return first_exchange(Conversation([as_turn(item) for item in [*turns, last]], tools, split))
        extra = named.get("input")
        text = _message(asked)
        if "instruction" in named and isinstance(extra, str) and extra.strip() and extra != text:
            text = f"{text}\n{extra}"
        return ImportedRow(text, calls, answer, split_of(named), tools)


_CONVERSATIONS = Messages("", ("messages",))
COLUMN_READERS: tuple[RowReader, ...] = (StandardRows(), BfclRows(), XlamRows(), TuningLabRows(), QuestionAnswers())
