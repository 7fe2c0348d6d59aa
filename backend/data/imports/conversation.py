"""Turns of conversations in any known form, and the row that a conversation becomes.

A row has one message of a user and one answer. So the first exchange of a conversation becomes the row: later turns
depend on what was said before them, and are counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backend.data.imports.labels import NO_CALL, answer_cells, calls_cell
from backend.data.imports.records import ImportedRow, LeftOut

SYSTEM_TEXTS, LATER_TURNS, SPOKEN, OPENINGS = "system texts", "later turns", "texts beside calls", "opening turns"
_ROLES = {
    **dict.fromkeys(("user", "human"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "ai", "chatgpt"), "assistant"),
    **dict.fromkeys(("function_call", "function-call", "tool_call", "tool_calls"), "call"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "tool_response", "function_response"), "result"),
}


@dataclass(slots=True)
class Turn:
    """One turn: its role, its text, and its calls in their own form, None if it has none."""

    role: str
    text: str
    calls: Any = None
    trained: bool = True


@dataclass(slots=True)
class Conversation:
    """The turns of a record, and what it declares beside them."""

    turns: list[Turn]
    tools: Any = None
    split: str = ""
    system: list[str] = field(default_factory=list)


def first_exchange(conversation: Conversation) -> ImportedRow:
    """Returns the first message of a user and its answer as a row. Raises LeftOut if one is missing."""
    notes: dict[str, int] = {}
    turns = [turn for turn in conversation.turns if turn.role != "system"]
    conversation.system += [turn.text for turn in conversation.turns if turn.role == "system"]
    if any(text.strip() for text in conversation.system):
        notes[SYSTEM_TEXTS] = 1
    start = next((at for at, turn in enumerate(turns) if turn.role == "user"), None)
    if start is None:
        raise LeftOut("no message of a user is in it")
    notes[OPENINGS] = start
    end = _while(turns, start, ("user",))
    last = _while(turns, end, ("assistant", "call"))
    answers = turns[end:last]
    if not answers:
        raise LeftOut("no answer follows the user's message")
    if not all(turn.trained for turn in answers):
        raise LeftOut("its answer is marked as not to be trained on")
    notes[LATER_TURNS] = sum(turn.role == "user" or turn.calls is not None for turn in turns[last:])
    calls, answer = _label(answers)
    if calls != NO_CALL and any(turn.calls is not None and turn.text.strip() for turn in answers):
        notes[SPOKEN] = 1
    tools = conversation.tools if conversation.tools is not None else conversation.system
    message = "\n".join(turn.text for turn in turns[start:end])
    found = {kind: number for kind, number in notes.items() if number}
    return ImportedRow(message, calls, answer, conversation.split, tools, found)


def _while(turns: Sequence[Turn], start: int, roles: tuple[str, ...]) -> int:
    """Returns the first position from `start` on whose turn has none of the roles."""
    while start < len(turns) and turns[start].role in roles:
        start += 1
    return start


def _label(answers: Sequence[Turn]) -> tuple[str, str]:
    """Returns the tool_calls cell and the answer cell of consecutive answers; several have their calls joined."""
    called: list[Any] = []
    for turn in answers:
        if turn.calls is not None:
            called += turn.calls if isinstance(turn.calls, list) else [turn.calls]
    if called:
        return calls_cell(called), ""
    return answer_cells("\n".join(turn.text for turn in answers if turn.text.strip()))


def as_turn(item: Any) -> Turn:
    """Returns a message in any known form. Raises LeftOut if it is none."""
    if not isinstance(item, Mapping):
        raise LeftOut("a message in it is not a JSON object")
    word = item.get("role", item.get("from"))
    role = (_ROLES.get(word) if isinstance(word, str) else None) or _ROLES.get(str(word).strip().casefold())
    if role is None:
        raise LeftOut(f"a message in it has the role {json.dumps(str(word)[:40], ensure_ascii=False)}")
    content = item.get("content")
    if content is None:
        content = next((item[key] for key in ("value", "parts") if item.get(key) is not None), "")
    text, calls = _content(content, role)
    for key in ("tool_calls", "function_call"):
        if item.get(key):
            calls = _list(parsed(item[key]))
    if role == "call":
        calls, text = (_list(parsed(text)) if calls is None else calls), ""
    trained = item.get("weight", 1) != 0 and item.get("train_on_turn", True) is not False
    return Turn(role, text, calls or None, trained)


def _content(content: Any, role: str) -> tuple[str, list[Any] | None]:
    """Returns the text of a message, and the calls among its blocks."""
    if isinstance(content, str):
        return content, None
    if role == "result":
        return "", None
    if isinstance(content, Mapping):
        return json.dumps(content, ensure_ascii=False), None
    texts: list[str] = []
    calls: list[Any] = []
    for block in content if isinstance(content, list) else ():
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, Mapping) and isinstance(block.get("text"), str):
            texts.append(block["text"])
        elif isinstance(block, Mapping) and isinstance(block.get("functionCall"), Mapping):
            calls.append(dict(block["functionCall"]))
        elif isinstance(block, Mapping) and block.get("type") == "tool_use":
            calls.append({"name": block.get("name"), "args": block.get("input")})
        else:
            kind = block.get("type") if isinstance(block, Mapping) else None
            raise LeftOut(f"a message in it holds {str(kind or 'something')[:40]} and not only text")
    return "\n".join(texts), calls or None


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def parsed(value: Any) -> Any:
    """Returns the list or object in a text of JSON, or the value itself."""
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return found if isinstance(found, list | dict) else value
    return value
