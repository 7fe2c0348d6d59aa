"""The user's own near misses: messages about the subject of the tools that no tool can carry out."""

from __future__ import annotations

from pathlib import Path

from backend.data.text import guess_code, normal_message
from backend.errors import InputError
from backend.off_topic.messages import NEAR_MISS, Message

MOST_NEAR_MISSES = 500
LONGEST_NEAR_MISS = 500
"""Characters of one message."""
MOST_BYTES = 1_000_000


def read_near_misses(path: Path) -> tuple[Message, ...]:
    """Returns the messages in a file, one on each line. Raises InputError if the file cannot be used."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB. Give one message on each line.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a text file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    return near_misses(text, path.name)


def near_misses(text: str, name: str = "The near misses") -> tuple[Message, ...]:
    """Returns one message for each line that is not empty; repeated ones count once.

    Raises InputError with the line if a message is too long, or if there are too many.
    """
    found: dict[str, Message] = {}
    for line, written in enumerate(text.splitlines(), start=1):
        message = " ".join(written.split())
        if len(message) > LONGEST_NEAR_MISS:
            raise InputError(
                f"{name}, line {line}: {len(message):,} characters; at most {LONGEST_NEAR_MISS} are allowed. Write one "
                "message on each line."
            )
        if message:
            found.setdefault(normal_message(message), Message(message, NEAR_MISS, language=guess_code(message)))
    if len(found) > MOST_NEAR_MISSES:
        raise InputError(f"{name} has {len(found):,} messages; at most {MOST_NEAR_MISSES} are asked. Remove some.")
    return tuple(found.values())
