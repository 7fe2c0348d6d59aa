"""A conversation with an opened file: several messages and tool responses, as an app sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from backend.records import Call

Message = str | Mapping[str, Any]
"""A user's text, or a whole message such as a tool's response."""

NOT_RENDERED = "The runtime cannot render this message after the ones before it."
NOT_READ = "The runtime cannot read the model's answer as a call."


@dataclass(frozen=True, slots=True)
class Reply:
    """What an app receives for the message `sent`.

    `prompt` is the text that the message adds to the conversation, None if the runtime could not render it. `failure`
    says why there is no reply; then `calls` and `text` are empty.
    """

    sent: Message
    prompt: str | None
    calls: tuple[Call, ...] = ()
    text: str = ""
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the reply as one JSON object."""
        return {
            "sent": self.sent,
            "prompt": self.prompt,
            "calls": [call.to_dict() for call in self.calls],
            "text": self.text,
            "failure": self.failure,
        }


class PhoneConversation:
    """An open conversation of the runtime. Use as a context manager.

    `encode` gives the token ids of a text, `context` is the number of tokens that the file holds, and `limit` the
    tokens that an answer may have.
    """

    def __init__(self, native: Any, encode: Callable[[str], Sequence[int]], context: int, limit: int) -> None:
        self._native = native
        self._encode = encode
        self._context = context
        self._limit = limit

    def __enter__(self) -> PhoneConversation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._native.close()

    def render(self, message: Message) -> str | None:
        """Returns the text that the message would add to the conversation; None if the runtime cannot render it."""
        return self._native.render_message_to_string(message) or None

    def has_room(self, prompt: str) -> bool:
        """Whether the context holds what was said, this text, and an answer of `limit` tokens."""
        used: int = self._native.token_count
        return used + len(self._encode(prompt)) + self._limit <= self._context

    def send(self, message: Message) -> Reply:
        """Sends a message and returns what an app receives. An error of the runtime is in the reply's `failure`."""
        prompt = self.render(message)
        if prompt is None:
            return Reply(message, None, failure=NOT_RENDERED)
        try:
            reply = self._native.send_message(message).to_json()
        except RuntimeError:  # the binding gives no reason; with room for the message, only the call's grammar is left
            return Reply(message, prompt, failure=NOT_READ)
        functions = [call["function"] for call in reply.get("tool_calls", ())]
        parts = reply.get("content", ())
        return Reply(
            message,
            prompt,
            tuple(Call(one["name"], one.get("arguments") or {}) for one in functions),
            "".join(part.get("text", "") for part in parts if isinstance(part, dict)).strip(),
        )


def converse(
    conversation: PhoneConversation,
    messages: Sequence[Message],
    read: Callable[[str], tuple[Call, ...]],
    response: Mapping[str, Any] | None,
    rounds: int,
) -> Iterator[Reply]:
    """Sends the messages one after another and yields each reply; ends early if one cannot be rendered or has no room.

    `read` gives the calls in a text, for a format whose calls the runtime does not read. With a `response`, every reply
    with calls is answered with it in the name of the tools that were called, at most `rounds` times for each message,
    as a runtime with automatic tool calling does.
    """
    for message in messages:
        pending: Message | None = message
        left = rounds
        while pending is not None:
            prompt = conversation.render(pending)
            if prompt is not None and not conversation.has_room(prompt):
                return
            reply = conversation.send(pending)
            reply = reply if reply.calls else replace(reply, calls=read(reply.text))
            yield reply
            if reply.prompt is None:
                return
            pending = tool_responses(reply.calls, response) if response is not None and reply.calls and left else None
            left -= 1


def tool_responses(calls: Sequence[Call], response: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the message with which an app answers calls of the model, with the same response for each."""
    parts = [{"type": "tool_response", "name": call.name, "response": dict(response)} for call in calls]
    return {"role": "tool", "content": parts}
