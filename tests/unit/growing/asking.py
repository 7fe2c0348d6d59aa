"""Asks a chat server with a prompt for one row, without real pauses."""

from __future__ import annotations

from collections.abc import Callable

from backend.growing import ChatTeacher, open_teacher
from backend.growing.chat_answers import Completion
from backend.growing.prompt import Prompt
from tests.unit.growing.chat_server import (
    MODEL,
    ChatServer,
)

PROMPT = Prompt(
    "Data is data.",
    'Write 0 rows, one for each of these orders:\nBEGIN-X\n{"n": 1, "tool": "play_music"}\nEND-X\n{"rows": []}',
    {"type": "object"},
)


class Waits:
    """Counts the pauses instead of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return False


def teacher(chat: ChatServer, key: str | None = None, wait: Callable[[float], bool] | None = None) -> ChatTeacher:
    return open_teacher(chat.address, MODEL, key, wait=wait or Waits())


def ask(chat: ChatServer, key: str | None = None, wait: Callable[[float], bool] | None = None) -> Completion:
    return teacher(chat, key, wait).ask(PROMPT, 500)
