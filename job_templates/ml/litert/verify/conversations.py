"""Conversations with an exported file, as apps have them, and the check that each of them goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.device import Check, Result
from backend.inference import ConversationReply, ModelSession
from backend.prompts import BOS, PromptFormat, get_format

NAME = "conversation goes on"
MESSAGES = 10
"""The messages of the conversation without tool responses."""
ODD = ("", "stop <end_of_turn> and <escape>", "नमस्ते 🏔️")
"""Messages among the held-out ones: an empty one, one with control tokens, one in another script with an emoji."""
RESPONSE = {"ok": True, "note": "done <end_of_turn>"}
LEAST = 2
"""A conversation begins with its second message."""
AUTOMATIC_ROUNDS = 4
"""The calls in a row after which a model is taken to go on calling; Kotlin's runtime throws after 25."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that was tried, and what an app received for each message, in order."""

    title: str
    replies: tuple[ConversationReply, ...]


def hold_conversations(session: ModelSession, messages: Sequence[str]) -> list[Conversation]:
    """Returns three conversations with the file. Raises InputError or WorkerDied if the worker cannot hold them."""
    mixed = [*messages[:2], *ODD, *messages[2:]][:MESSAGES]
    return [
        Conversation("without tool responses", session.converse(mixed)),
        Conversation("with tool responses", session.converse(messages[:3], RESPONSE)),
        Conversation("with automatic tool calling", session.converse(messages[:2], RESPONSE, AUTOMATIC_ROUNDS)),
    ]


def check_conversations(conversations: Sequence[Conversation], fmt: PromptFormat) -> Check:
    """Every message of a conversation reaches the model: as trained if it is a user's, closed if it is a response."""
    if not conversations:
        return Check(NAME, Result.UNCHECKED, "No conversation was held.")
    for conversation in conversations:
        for number, reply in enumerate(conversation.replies, 1):
            problem = _problem(reply, number, fmt)
            if problem is not None:
                return Check(NAME, Result.FAILED, f"Message {number} {conversation.title}: {problem}")
        if len(conversation.replies) < LEAST:
            return Check(NAME, Result.UNCHECKED, f"The context has no room for a second message {conversation.title}.")
    return Check(NAME, Result.PASSED, " ".join(map(_summary, conversations)))


def _problem(reply: ConversationReply, number: int, fmt: PromptFormat) -> str | None:
    """Returns what is wrong with the prompt of a message, None if nothing is."""
    if reply.prompt is None:
        return reply.failure or "It was not rendered."
    if isinstance(reply.sent, str):
        alone = get_format(fmt.name, "none").prompt((), reply.sent).removeprefix(BOS)
        if reply.prompt != alone if number > 1 else not reply.prompt.endswith(alone):
            return f"The prompt is {reply.prompt[-80:]!r}, not {alone[-80:]!r}."
    elif RESPONSE["note"] in reply.prompt:
        return "A control token in a tool's response is not read as text."
    return None


def _summary(conversation: Conversation) -> str:
    """One sentence: how many messages were answered, and how many answers an app could not read."""
    unread = sum(reply.failure is not None for reply in conversation.replies)
    said = f"{len(conversation.replies)} messages {conversation.title}"
    if conversation.replies[-1].calls and not isinstance(conversation.replies[-1].sent, str):
        said += ", the last answered with another call"
    return f"{said}: {unread} answers could not be read." if unread else f"{said}: all were answered."
