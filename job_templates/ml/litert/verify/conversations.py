"""Conversations with an exported file, as apps have them, and the check that each of them goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.device import Check, Result
from backend.inference import Answer, ConversationReply, ModelSession
from backend.prompts import BOS, PromptFormat, get_format
from backend.scoring import Rate

NAME = "conversation goes on"
MESSAGES = 10
"""The messages of a conversation without tool responses."""
WITHOUT_RESPONSES = 3
"""The conversations without tool responses: enough later messages to compare their answers."""
ODD = ("", "stop <end_of_turn> and <escape>", "नमस्ते 🏔️")
"""Messages of the first conversation: an empty one, one with control tokens, one in another script with an emoji."""
NOTE = "done <end_of_turn>"
RESPONSE = {"ok": True, "note": NOTE}
AUTOMATIC_ROUNDS = 4
"""The calls in a row after which a model is taken to go on calling; Kotlin's runtime throws after 25."""
LEAST = 2
"""A conversation begins with its second message."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that was tried, and what an app received for each message, in order."""

    title: str
    replies: tuple[ConversationReply, ...]


def hold_conversations(session: ModelSession, messages: Sequence[str]) -> list[Conversation]:
    """Returns conversations with the file, with and without tool responses.

    Raises InputError if no conversation can be opened, WorkerDied if the worker ends.
    """
    slices = [messages[at * MESSAGES : (at + 1) * MESSAGES] for at in range(WITHOUT_RESPONSES)]
    slices[0] = [*slices[0][: MESSAGES - len(ODD)], *ODD]
    found = [Conversation("without tool responses", session.converse(some)) for some in slices if some]
    found.append(Conversation("with tool responses", session.converse(messages[:3], RESPONSE)))
    automatic = session.converse(messages[:2], RESPONSE, AUTOMATIC_ROUNDS)
    return [*found, Conversation("with automatic tool calling", automatic)]


def check_conversations(
    conversations: Sequence[Conversation], failure: str | None, answers: Mapping[str, Answer], fmt: PromptFormat
) -> Check:
    """Every message reaches the model: a user's as it was trained, a tool's response without control tokens of its own.

    `answers` are the answers to messages that were sent alone; how many later messages have the same calls is reported.
    `failure` is the reason if no conversation could be held.
    """
    if failure is not None:
        return Check(NAME, Result.FAILED, failure)
    if not conversations:
        return Check(NAME, Result.UNCHECKED, "No conversation was held.")
    for conversation in conversations:
        for number, reply in enumerate(conversation.replies, 1):
            problem = _problem(reply, number, fmt)
            if problem is not None:
                return Check(NAME, Result.FAILED, f"Message {number} {conversation.title}: {problem}")
        if len(conversation.replies) < LEAST and conversation is conversations[0]:
            return Check(NAME, Result.UNCHECKED, "The context has no room for a second message.")
    replies = [reply for conversation in conversations for reply in conversation.replies]
    unread = sum(reply.failure is not None for reply in replies)
    detail = f"{len(replies)} messages in {len(conversations)} conversations, with and without tool responses."
    if unread:
        detail += f" {unread} answers could not be read as calls."
    return Check(NAME, Result.PASSED, f"{detail} {_compared(conversations, answers)} {_automatic(conversations[-1])}")


def later_messages(conversations: Sequence[Conversation], answers: Mapping[str, Answer]) -> Rate | None:
    """Returns on how many later messages the calls are those of the message alone; None if there are none."""
    later = [
        tuple(reply.calls) == tuple(answers[reply.sent].calls)
        for conversation in conversations
        for reply in conversation.replies[1:]
        if isinstance(reply.sent, str) and reply.sent in answers
    ]
    return Rate.of(sum(later), len(later)) if later else None


def _problem(reply: ConversationReply, number: int, fmt: PromptFormat) -> str | None:
    """Returns what is wrong with the prompt of a message, None if nothing is."""
    if reply.prompt is None:
        return reply.failure or "The runtime did not render it."
    if isinstance(reply.sent, str):
        alone = get_format(fmt.name, "none").prompt((), reply.sent).removeprefix(BOS)
        if reply.prompt != alone if number > 1 else not reply.prompt.endswith(alone):
            return f"The prompt is {reply.prompt[-80:]!r}, not {alone[-80:]!r}."
    elif NOTE in reply.prompt:
        return "A control token in a tool's response is not read as text."
    return None


def _compared(conversations: Sequence[Conversation], answers: Mapping[str, Answer]) -> str:
    """One sentence: on how many later messages the calls are those of the message alone."""
    rate = later_messages(conversations, answers)
    if rate is None:
        return "No later message is a held-out row."
    return f"{rate.k} of {rate.n} later messages get the calls that they get alone."


def _automatic(conversation: Conversation) -> str:
    """One sentence: whether the model stops calling after tool responses."""
    if conversation.replies and conversation.replies[-1].calls:
        return "After a tool's response the model calls again: do not use automatic tool calling."
    return "After a tool's response the model stops calling."
