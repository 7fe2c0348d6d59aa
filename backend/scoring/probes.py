"""Robustness probes: the test rows with changed messages or tools, such as typing errors."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

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


def with_typos(message: str, generator: random.Random) -> str:
    """Returns `message` with some letters swapped, dropped or doubled."""
    places = [at for at, letter in enumerate(message[:-1]) if letter.isalpha()]
    for at in sorted(generator.sample(places, min(len(places), max(1, round(TYPO_RATE * len(places))))), reverse=True):
        message = mistyped(message, at, SLIPS[generator.randrange(3)])
    return message


def in_lower_case(message: str, _: random.Random) -> str:
    """Returns `message` in lower case."""
    return message.lower()


def without_punctuation(message: str, _: random.Random) -> str:
    """Returns `message` without punctuation marks."""
    letters = message.translate(str.maketrans("", "", string.punctuation + "¿¡…“”„’"))
    return " ".join(letters.split()) or message


MESSAGE_PROBES: Mapping[str, Callable[[str, random.Random], str]] = {
    "typos": with_typos,
    "lower case": in_lower_case,
    "no punctuation": without_punctuation,
}


@dataclass(frozen=True, slots=True)
class Probe:
    """One robustness probe: its name, and the tools and rows that the model gets."""

    name: str
    tools: tuple[Tool, ...]
    examples: tuple[Example, ...]


def probes_for(
    tools: Sequence[Tool], examples: Sequence[Example], declarations: Declarations, seed: int
) -> tuple[Probe, ...]:
    """Returns the probes for a prompt with these declarations; probes of the tools need declarations in the prompt."""
    given, rows = tuple(tools), tuple(examples)
    found = [Probe(name, given, probe_messages(name, rows, seed)) for name in MESSAGE_PROBES]
    if declarations != "none":
        if len(given) > 1:
            found.append(Probe("tools reordered", reordered(given, seed), rows))
        found.append(Probe("distractor tool", with_distractor(given), rows))
    return tuple(found)


def probe_messages(name: str, examples: Sequence[Example], seed: int) -> tuple[Example, ...]:
    """Returns the examples with messages changed by the probe called `name`; equal seeds give equal results."""
    generator = random.Random(f"{name} {seed}")
    return tuple(replace(one, message=MESSAGE_PROBES[name](one.message, generator)) for one in examples)


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
