"""Simulates typing errors: one letter is dropped, doubled, or swapped with the next."""

from __future__ import annotations

from typing import Literal

Slip = Literal["drop", "double", "swap"]


def mistyped(text: str, at: int, slip: Slip) -> str:
    """Returns the text with one error at the letter at position `at`, which is not the last one for a swap."""
    match slip:
        case "drop":
            return text[:at] + text[at + 1 :]
        case "double":
            return text[: at + 1] + text[at:]
        case "swap":
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
