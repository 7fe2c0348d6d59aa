"""Robustness probes: the test rows with changed messages or tools, such as typing errors."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.data.rows import as_spoken
from backend.data.text import Slip, mistyped
from backend.records import Declarations, Example, Tool

TYPO_RATE = 0.06
"""Typos per letter, at least one in each message: roughly the rate of typing on a phone without correction."""

SLIPS: tuple[Slip, ...] = ("swap", "drop", "double")
"""The order decides the random draws: a change of it changes the probes of every seed."""

DISTRACTOR = Tool(
    "set_wallpaper",
    "Change the picture behind the home screen.",
    {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "Which picture: mountains, sea, or plain"}},
        "required": ["query"],
    },
)
"""A tool whose name and purpose cannot be the answer to a test row."""


def _with_typos(message: str, generator: random.Random) -> str:
    """Returns `message` with some letters swapped, dropped or doubled."""
    places = [at for at, letter in enumerate(message[:-1]) if letter.isalpha()]
    for at in sorted(generator.sample(places, min(len(places), max(1, round(TYPO_RATE * len(places))))), reverse=True):
        message = mistyped(message, at, SLIPS[generator.randrange(3)])
    return message


def _without_punctuation(message: str) -> str:
    """Returns `message` without punctuation marks."""
    letters = message.translate(str.maketrans("", "", string.punctuation + "¿¡…“”„’"))
    return " ".join(letters.split()) or message


SPOKEN = "as spoken"
"""The probe of every evaluation: in lower case and without marks, as speech recognition writes. A model that learned
silence from messages in lower case is silent then, and no held-out row shows it."""
MESSAGE_PROBES: Mapping[str, Callable[[Example, random.Random], str]] = {
    SPOKEN: lambda row, _: as_spoken(row).message,
    "typos": lambda row, generator: _with_typos(row.message, generator),
    "lower case": lambda row, _: row.message.lower(),
    "no punctuation": lambda row, _: _without_punctuation(row.message),
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One robustness probe: its name, and the tools and rows that the model gets."""

    name: str
    tools: tuple[Tool, ...]
    examples: tuple[Example, ...]


def probes_for(
    tools: Sequence[Tool], examples: Sequence[Example], declarations: Declarations, seed: int, *, every: bool = True
) -> tuple[Probe, ...]:
    """Returns the probes for a prompt with these declarations; probes of the tools need declarations in the prompt.

    Without `every`, that is the probe `SPOKEN` alone.
    """
    given, rows = tuple(tools), tuple(examples)
    if not every:
        return (Probe(SPOKEN, given, probe_messages(SPOKEN, rows, seed)),)
    found = [Probe(name, given, probe_messages(name, rows, seed)) for name in MESSAGE_PROBES]
    if declarations != "none":
        if len(given) > 1:
            found.append(Probe("tools reordered", reordered(given, seed), rows))
        found.append(Probe("distractor tool", with_distractor(given), rows))
    return tuple(found)


def probe_messages(name: str, examples: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """Returns the examples with messages changed by the probe called `name`; equal seeds give equal results."""
    generator = random.Random(f"{name} {seed}")
    return tuple(replace(one, message=MESSAGE_PROBES[name](one, generator)) for one in examples)


def reordered(tools: Sequence[Tool], seed: int) -> tuple[Tool, ...]:
    """Returns the tools in another order than the given one, if there are at least two."""
    order = list(tools)
    if len(order) > 1:
        generator = random.Random(seed)
        while order == list(tools):
            generator.shuffle(order)
    return tuple(order)


def with_distractor(tools: Sequence[Tool]) -> tuple[Tool, ...]:
    """Returns the tools and one more that is never right."""
    return (*tools, DISTRACTOR)
