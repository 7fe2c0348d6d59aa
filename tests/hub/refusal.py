"""How the loop-back Hub says no."""

from __future__ import annotations


class Refusal(Exception):
    """What the Hub answers instead: a status, its X-Error-Code, and a message."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
