"""Conversations with an exported file, as apps have them, and the check that each of them goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.device import Check, Result
from backend.inference import Answer, ConversationReply, ModelSession
from backend.prompts import (
    BOS,
    END_OF_TURN,
    NEUTRALIZED,
    START_RESPONSE,
    PromptFormat,
    get_format,
    neutralize,
    render_response,
)
from backend.scoring import Rate

NAME = "conversation goes on"
MESSAGES = 10
"""The messages of a conversation without tool responses."""
WITHOUT_RESPONSES = 3
"""The conversations without tool responses: enough later messages to compare their answers."""
TOKENS = " ".join(f"{token}7>" if token == "<unused" else token for token in NEUTRALIZED)
"""Every control token, as a user might type it."""
ODD = ("", TOKENS, "नमस्ते 🏔️")
"""Messages of the first conversation: an empty one, one with control tokens, one in another script with an emoji."""
RESPONSE = {"note": TOKENS, "ok": True, "parts": ["a", 1, {"b": "<escape>"}]}
AUTOMATIC_ROUNDS = 4
"""The calls in a row after which a model is taken to go on calling; Kotlin's runtime throws after 25."""
LEAST = 2
"""A conversation begins with its second message."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that was tried, and what an app received for each message, in order."""

    title: str
    replies: tuple[ConversationReply, ...]
    cut: bool = False
    """Whether the context had no room for all messages."""


def hold_conversations(
    session: ModelSession, messages: Sequence[str], off_topic: Sequence[str] = ()
) -> list[Conversation]:
    """Returns conversations with the file, with and without tool responses, and one in turns with off-topic messages.

    Raises InputError if no conversation can be opened, WorkerDied if the worker ends.
    """
    slices = [messages[at * MESSAGES : (at + 1) * MESSAGES] for at in range(WITHOUT_RESPONSES)]
    slices[0] = [*slices[0][: MESSAGES - len(ODD)], *ODD]
    found = [_held("without tool responses", session, some) for some in slices if some]
    turns = [message for pair in zip(off_topic, messages, strict=False) for message in pair][:MESSAGES]
    if turns:
        found.append(_held("with off-topic messages", session, turns))
    found.append(_held("with tool responses", session, messages[:3], RESPONSE))
    found.append(_held("with two responses at once", session, [messages[0], _two_responses(), messages[-1]]))
    return [*found, _held("with automatic tool calling", session, messages[:2], RESPONSE, AUTOMATIC_ROUNDS)]


def _held(
    title: str,
    session: ModelSession,
    messages: Sequence[str | Mapping[str, Any]],
    response: Mapping[str, Any] | None = None,
    rounds: int = 1,
) -> Conversation:
    replies = session.converse(messages, response, rounds)
    sent = sum(any(reply.sent is message or reply.sent == message for message in messages) for reply in replies)
    return Conversation(title, replies, cut=sent < len(messages))


def _two_responses() -> dict[str, Any]:
    parts = [{"type": "tool_response", "name": name, "response": RESPONSE} for name in ("first", "second")]
    return {"role": "tool", "content": parts}


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
    if any(conversation.cut for conversation in conversations):
        detail += " The context had no room for all messages."
    if unread:
        detail += f" {unread} answers could not be read as calls."
    after = sum(_is_silent(one) for conversation in conversations for one in conversation.replies[:-1])
    if after:
        detail += f" {after} of the messages follow an answer that is empty."
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


def _is_silent(reply: ConversationReply) -> bool:
    return reply.failure is None and not reply.calls and not reply.text


def _problem(reply: ConversationReply, number: int, fmt: PromptFormat) -> str | None:
    """Returns what is wrong with the prompt of a message, None if nothing is."""
    if reply.prompt is None:
        return reply.failure or "The runtime did not render it."
    if not isinstance(reply.sent, str):
        return _response_problem(reply.prompt, reply.sent["content"], fmt)
    alone = get_format(fmt.name, "none").prompt((), reply.sent).removeprefix(BOS)
    # a response whose answer could not be read leaves the model's turn open: the next message closes it
    wrong = reply.prompt.removeprefix(f"{END_OF_TURN}\n") != alone if number > 1 else not reply.prompt.endswith(alone)
    return f"The prompt is {reply.prompt[-80:]!r}, not {alone[-80:]!r}." if wrong else None


def _response_problem(prompt: str, parts: Sequence[Mapping[str, Any]], fmt: PromptFormat) -> str | None:
    """Returns what is wrong with the prompt of tool responses: it must hold them whole, and no other control token."""
    if fmt.name == "native":
        whole = "".join(render_response(part["name"], part["response"]) for part in parts)
        right = prompt in (whole, whole.removeprefix(START_RESPONSE))  # the model wrote the first token itself
    else:
        whole = "".join(json.dumps(part, sort_keys=True) for part in parts)
        right = _plain(neutralize(whole)) in _plain(prompt)
    return None if right else f"A tool's response is {prompt[:80]!r} in the prompt."


def _plain(text: str) -> str:
    """A JSON text without spaces, and with the signs that a template engine may escape."""
    for escaped, sign in (("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&"), ("\\u0027", "'")):
        text = text.replace(escaped, sign)
    return "".join(text.split())


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
