"""Simulates typing errors: one letter dropped, doubled, or exchanged with the next."""

from __future__ import annotations

from typing import Literal

Slip = Literal["drop", "double", "swap"]


def mistyped(text: str, at: int, slip: Slip) -> str:
    """The text with one slip at a letter; `at` is the letter's position, and not the last one for a swap."""
    match slip:
        case "drop":
            return text[:at] + text[at + 1 :]
        case "double":
            return text[: at + 1] + text[at:]
        case "swap":
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
