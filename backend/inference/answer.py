"""What a worker answers: one answer to a message, or the replies of a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.records import Call


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `error` is the reason if there is no answer, or if an app would get no call. Times are in seconds.

    `raw` is the model's output without its stop token. `prompt` and `prompt_ids` are its input without the start token.
    `probability` is the one that the model gives to the whole answer, from 0 to 1; None if it is not known.
    `app_agrees` is True if the runtime gives an app the same calls as our parser, None if that was not compared.
    """

    raw: str = ""
    calls: tuple[Call, ...] = ()
    text: str = ""
    error: str | None = None
    load_seconds: float = 0.0
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    tokens_per_second: float = 0.0
    prompt: str = ""
    prompt_ids: tuple[int, ...] = ()
    peak_memory_mb: float = 0.0
    probability: float | None = None
    app_agrees: bool | None = None

    @property
    def answered(self) -> bool:
        """Whether the model answered; an empty answer without an error is one."""
        return self.error is None or bool(self.raw)

    @classmethod
    def from_json(cls, reply: Mapping[str, Any]) -> Answer:
        """Returns the answer in one reply of the worker."""
        known = {name: reply[name] for name in cls.__dataclass_fields__ if reply.get(name) is not None}
        known["calls"] = tuple(Call(call["name"], call["arguments"]) for call in reply.get("calls") or ())
        known["prompt_ids"] = tuple(reply.get("prompt_ids") or ())
        return cls(**known)


@dataclass(frozen=True, slots=True)
class ConversationReply:
    """What an app receives for one message of a conversation.

    `sent` is the message. `prompt` is the text that it adds, None if the runtime cannot render it. `failure` is the
    reason if there is no reply.
    """

    sent: str | Mapping[str, Any]
    prompt: str | None
    calls: tuple[Call, ...]
    text: str
    failure: str | None

    @classmethod
    def from_json(cls, reply: Mapping[str, Any]) -> ConversationReply:
        """Returns the reply in one item of the worker's reply."""
        calls = tuple(Call(call["name"], call["arguments"]) for call in reply["calls"])
        return cls(reply["sent"], reply["prompt"], calls, reply["text"], reply["failure"])
