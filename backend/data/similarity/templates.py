"""Finds templates: messages with different words in the same sentence ("Monitor coffee", "Monitor wind").

If one template occurs with many different calls, a script most likely generated the rows. A model learns the template
from them, not how people talk, and the call may not fit the sentence ("Display quiet").
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from backend.data.text import normal_message

BLANK = "…"
FEWEST_LABELS = 5
_MOST_FILLED = 2
_MOST_WORDS = 14
_MOST_MESSAGES = 10_000


@dataclass(frozen=True, slots=True)
class Template:
    """One template, with "…" for its blank, the words in the blank by position of the message, and the label count."""

    text: str
    fillers: Mapping[int, str]
    labels: int


def find_templates(messages: Sequence[str], labels: Sequence[Hashable]) -> tuple[Template, ...]:
    """Returns the templates with at least five labels, each with a different filler; the most frequent first.

    A blank holds one or two words. A template whose messages all belong to another template is omitted. Of more than
    10,000 messages, only evenly distributed ones are used, to limit time and memory.
    """
    step = -(-len(messages) // _MOST_MESSAGES) or 1
    words = {at: normal_message(messages[at]).split() for at in range(0, len(messages), step)}
    filled: dict[str, dict[int, str]] = defaultdict(dict)
    for at, places in _repeated(words):
        blanked = list(_blanked(words[at]))
        for place in places:
            template, start, end = blanked[place]
            filled[template][at] = " ".join(words[at][start:end])
    return tuple(_templates(filled, labels))


def _repeated(words: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, list[int]]]:
    """Yields the messages with the places in `_blanked` of the templates that at least five messages have.

    Equal hashes of different templates only yield a place too many.
    """
    hashes, ends = array("q"), [0]
    for one in words.values():
        hashes.extend([hash(template) for template, _, _ in _blanked(one)])
        ends.append(len(hashes))
    numbers = np.frombuffer(hashes, dtype=np.int64) if hashes else np.zeros(0, dtype=np.int64)
    ordered = np.sort(numbers)
    repeated = ordered[FEWEST_LABELS - 1 :][ordered[FEWEST_LABELS - 1 :] == ordered[: 1 - FEWEST_LABELS]]
    found = np.isin(numbers, repeated)
    for at, start, end in zip(words, ends, ends[1:], strict=False):
        places = np.flatnonzero(found[start:end])
        if len(places):
            yield at, places.tolist()


def _blanked(words: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yields every template of a message with the first word of its blank and the one after it.

    Long messages have none, because scripts rarely make them.
    """
    if len(words) > _MOST_WORDS:
        return
    text = " ".join(words)
    starts = [0, *accumulate(len(word) + 1 for word in words)]
    for length in range(1, min(_MOST_FILLED, len(words) - 1) + 1):
        for start in range(len(words) - length + 1):
            end = start + length
            yield text[: starts[start]] + BLANK + text[starts[end] - 1 :], start, end


def _templates(filled: Mapping[str, Mapping[int, str]], labels: Sequence[Hashable]) -> Iterator[Template]:
    taken: list[frozenset[int]] = []
    for text, fillers in sorted(filled.items(), key=lambda item: (-len(item[1]), -len(item[0]), item[0])):
        label_count = len({labels[at] for at in fillers})
        rows = frozenset(fillers)
        if min(label_count, len(set(fillers.values()))) >= FEWEST_LABELS and not any(rows <= one for one in taken):
            taken.append(rows)
            yield Template(text, dict(fillers), label_count)
