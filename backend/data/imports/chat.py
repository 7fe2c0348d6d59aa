"""Readers of conversations: OpenAI's messages, Mobile Actions, ShareGPT, Gemini's contents, and turns in one text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from backend.data.imports.conversation import Conversation, Turn, as_turn, first_exchange, parsed
from backend.data.imports.labels import NO_CALL, answer_cells, calls_cell
from backend.data.imports.records import ImportedRow, LeftOut

_LABELS = ("tool_calls", "expected", "expected_calls", "answer", "label", "response", "output")
"""Keys of the answer to messages that end with the user's."""


def split_of(value: Mapping[str, Any]) -> str:
    """Returns the split that a record names; Mobile Actions names it in `metadata`."""
    for key in ("split", "metadata"):
        word = value.get(key)
        if isinstance(word, str) and len(word) <= 20 and not word.lstrip().startswith("{"):
            return word
    return ""


def _first(value: Mapping[str, Any], *keys: str) -> Any:
    for key in keys:
        found = value.get(key)
        if found is not None and found != "":
            return found
    return None


class Messages:
    """Reads a list of messages under one of the keys; `also` is a key that a record of this format must have."""

    def __init__(self, name: str, keys: tuple[str, ...], also: str = "") -> None:
        self.name = name
        self._keys = keys
        self._also = also

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether the record has a list of messages under one of the keys."""
        if self._also and not isinstance(value.get(self._also), str):
            return False
        return any(_messages(value.get(key)) for key in self._keys)

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the first exchange. Raises LeftOut."""
        found = next((found for key in self._keys if (found := _messages(value.get(key)))), None)
        if found is None:
            raise LeftOut("it has no messages")
        turns = [as_turn(item) for item in [*found, *(_messages(value.get("completion")) or ())]]
        label = _first(value, *_LABELS) if turns[-1].role == "user" else None
        if label is not None:
            calls, answer = answer_cells(label) if isinstance(label, str) else (calls_cell(label), "")
            turns.append(Turn("assistant", answer, [calls] if calls != NO_CALL else None))
        system = _first(value, "system", "system_instruction", "systemInstruction")
        texts = [system if isinstance(system, str) else json.dumps(system, ensure_ascii=False)] if system else []
        tools = _first(value, "tools", "functions", "tool", "available_tools")
        return first_exchange(Conversation(turns, tools, split_of(value), texts))


def _messages(value: Any) -> list[Any] | None:
    """Returns a list of messages, also from its text; None if the value is none."""
    value = parsed(value)
    if not isinstance(value, list) or not value or not isinstance(value[0], Mapping):
        return None
    return value if "role" in value[0] or "from" in value[0] else None


class TurnTexts:
    """Reads a conversation in one text under `key`, with a mark before each turn.

    `turn` is the pattern of a mark, whose only group is the role, and `end` that of what ends a turn.
    """

    def __init__(self, name: str, key: str, turn: str, end: str) -> None:
        self.name = name
        self._key = key
        self._turn = re.compile(turn)
        self._end = re.compile(end)

    def reads(self, value: Mapping[str, Any]) -> bool:
        """Whether the text has such turns."""
        text = value.get(self._key)
        return isinstance(text, str) and bool(self._turn.search(text))

    def row(self, value: Mapping[str, Any]) -> ImportedRow:
        """Returns the first exchange. Raises LeftOut."""
        text = value.get(self._key)
        parts = self._turn.split(text) if isinstance(text, str) else []
        turns = [
            as_turn({"role": role.replace(" ", "_"), "content": self._end.sub("", said).strip()})
            for role, said in zip(parts[1::2], parts[2::2], strict=True)
        ]
        system = value.get("system")
        tools = _first(value, "tools", "functions")
        return first_exchange(Conversation(turns, tools, split_of(value), [system] if isinstance(system, str) else []))


CHAT_READERS = (
    Messages("Mobile Actions", ("messages",), also="metadata"),
    Messages("OpenAI chat messages", ("messages", "prompt")),
    Messages("ShareGPT conversations", ("conversations", "conversation")),
    Messages("Gemini contents", ("contents",)),
    TurnTexts("Glaive chats", "chat", r"(?:\A|\n)[ \t]*+(USER|ASSISTANT|FUNCTION RESPONSE):", r"<\|endoftext\|>"),
    TurnTexts(
        "chat template texts",
        "text",
        r"(?:<\|im_start\|>|<start_of_turn>)\s*+(system|developer|user|assistant|model|tool)\b",
        r"<\|im_end\|>|<end_of_turn>|<eos>",
    ),
)
