"""Finds templates: messages with different words in the same sentence ("Monitor coffee", "Monitor wind").

If one template occurs with many different calls, a script most likely generated the rows. A model learns the template
from them, not how people talk, and the call may not fit the sentence ("Display quiet").
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
    split_messages = {at: normal_message(messages[at]).split() for at in range(0, len(messages), step)}
    seen: dict[int, set[Hashable]] = defaultdict(set)
    for at, words in split_messages.items():
        for template, _ in _blanked(words):
            seen[hash(template)].add(labels[at])
    frequent = {template for template, among in seen.items() if len(among) >= FEWEST_LABELS}
    filled: dict[str, dict[int, str]] = defaultdict(dict)
    for at, words in split_messages.items():
        for template, filler in _blanked(words):
            if hash(template) in frequent:
                filled[template][at] = filler
    return tuple(_templates(filled, labels))


def _blanked(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields every template of a message with its filler; long messages have none, because scripts rarely make them."""
    if len(words) > _MOST_WORDS:
        return
    for length in range(1, _MOST_FILLED + 1):
        for start in range(len(words) - length + 1):
            if length < len(words):
                end = start + length
                yield " ".join([*words[:start], BLANK, *words[end:]]), " ".join(words[start:end])


def _templates(filled: Mapping[str, Mapping[int, str]], labels: Sequence[Hashable]) -> Iterator[Template]:
    taken: list[frozenset[int]] = []
    for text, fillers in sorted(filled.items(), key=lambda item: (-len(item[1]), -len(item[0]), item[0])):
        label_count = len({labels[at] for at in fillers})
        rows = frozenset(fillers)
        if min(label_count, len(set(fillers.values()))) >= FEWEST_LABELS and not any(rows <= one for one in taken):
            taken.append(rows)
            yield Template(text, dict(fillers), label_count)
