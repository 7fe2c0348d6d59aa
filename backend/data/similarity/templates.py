"""Sentence frames: messages made by putting different words into the same sentence ("Monitor coffee", "Monitor wind").

Where one frame stands around the words of many different calls, the rows were most likely written by a script. What a
model learns from them is the frame, not how people talk, and the call may not fit the sentence ("Display quiet").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from backend.data.text import normal_message

BLANK = "…"
FEWEST_LABELS = 5
_MOST_FILLED = 2
_MOST_WORDS = 14
_MOST_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its blank written as "…", and what fills it, by position of the message; `labels` are told apart."""

    text: str
    fillers: Mapping[int, str]
    labels: int


def find_frames(messages: Sequence[str], labels: Sequence[Hashable]) -> tuple[Frame, ...]:
    """The frames that stand with at least five labels, each with another filler; the most used first.

    A blank holds one or two words. A frame all of whose messages another has as well is left out.
    Of more than 10,000 messages, evenly spread ones are looked at, so that time and memory stay small.
    """
    step = -(-len(messages) // _MOST_MESSAGES) or 1
    looked_at = {at: normal_message(messages[at]).split() for at in range(0, len(messages), step)}
    seen: dict[int, set[Hashable]] = defaultdict(set)
    for at, words in looked_at.items():
        for frame, _ in _blanked(words):
            seen[hash(frame)].add(labels[at])
    frequent = {frame for frame, among in seen.items() if len(among) >= FEWEST_LABELS}
    filled: dict[str, dict[int, str]] = defaultdict(dict)
    for at, words in looked_at.items():
        for frame, filler in _blanked(words):
            if hash(frame) in frequent:
                filled[frame][at] = filler
    return tuple(_kept(filled, labels))


def _blanked(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every frame of a message with what fills it; longer messages are not made by such scripts."""
    if len(words) > _MOST_WORDS:
        return
    for length in range(1, _MOST_FILLED + 1):
        for start in range(len(words) - length + 1):
            if length < len(words):
                end = start + length
                yield " ".join([*words[:start], BLANK, *words[end:]]), " ".join(words[start:end])


def _kept(filled: Mapping[str, Mapping[int, str]], labels: Sequence[Hashable]) -> Iterator[Frame]:
    taken: list[frozenset[int]] = []
    for text, fillers in sorted(filled.items(), key=lambda item: (-len(item[1]), -len(item[0]), item[0])):
        told_apart = len({labels[at] for at in fillers})
        rows = frozenset(fillers)
        if min(told_apart, len(set(fillers.values()))) >= FEWEST_LABELS and not any(rows <= one for one in taken):
            taken.append(rows)
            yield Frame(text, dict(fillers), told_apart)
