"""A small set whose held-out rows can be told from the others in any text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from backend.data import CheckOptions
from backend.growing import Material, read_material
from tests.unit.data.builders import HEADER, argument, call, quoted, tool, write_files

LIGHT = tool(
    "set_light",
    "Switch a lamp or dim it.",
    {
        "room": argument("string", enum=["kitchen", "hall", "bath_room"]),
        "level": argument("integer"),
        "warm": argument("boolean"),
    },
    ["room"],
)
MUSIC = tool("play_music", "Play a song, an album or a station.", {"query": argument("string")}, ["query"])
SEEDS = [
    ("Lights on in the kitchen", call("set_light", room="kitchen", level=100)),
    ("Dim the hall to twenty", call("set_light", room="hall", level=20)),
    ("It is far too dark where I cook", call("set_light", room="kitchen")),
    ("Mach das Bad warm und gemütlich", call("set_light", room="bath_room", warm=True)),
    ("Kannst du im Flur die Lampe anmachen?", call("set_light", room="hall")),
    ("Play some jazz", call("play_music", query="jazz")),
    ("I'd like to hear Bach now", call("play_music", query="Bach")),
    ("Something by Nina Simone", call("play_music", query="Nina Simone")),
    ("Spiel mir ein Lied von Nena", call("play_music", query="Nena")),
]
HELD_OUT = [
    ("Zebra lamp in the cellar hall, quick", call("set_light", room="hall")),
    ("Put on the quagga symphony for us", call("play_music", query="quagga symphony")),
]
WORDS = [
    "amber", "birch", "cedar", "delta", "ember", "flint", "grove", "haven", "inlet",
    "jewel", "knoll", "larch", "mango", "nylon", "ocean", "pearl", "quilt", "river",
    "stone", "tulip", "umber", "violet", "willow", "xenon", "yarrow", "zephyr",
]  # fmt: skip
OPTIONS = CheckOptions(declarations="none")


def material(folder: Path, options: CheckOptions = OPTIONS) -> Material:
    """The set, divided by its split column."""
    header = HEADER + ',"split"'
    rows = [*(quoted(*row, "train") for row in SEEDS), *(quoted(*row, "test") for row in HELD_OUT)]
    text = "\n".join([header, *rows]) + "\n"
    dataset, tools = write_files(folder, text, [LIGHT, MUSIC])
    return read_material(dataset, tools, options)


def silent(folder: Path) -> Material:
    """The same set, in which rows without a call are allowed."""
    return material(folder, replace(OPTIONS, allow_no_call=True))


def answer(*rows: tuple[int | None, str, str, dict[str, object]]) -> str:
    """A teacher's answer: for each row its number, message, tool (empty for no call) and arguments."""
    items = [
        {"n": number, "message": message, "calls": [{"name": name, "arguments": arguments}] if name else []}
        for number, message, name, arguments in rows
    ]
    return json.dumps({"rows": items}, ensure_ascii=False)


def unlike(seed: int) -> Iterator[str]:
    """Messages that nobody would take for one another."""
    for at in range(seed, seed + 10_000):
        first, second, third = (WORDS[at % 26], WORDS[at // 26 % 26], WORDS[(at * 7 + at // 26) % 26])
        yield f"{first}{at} {second} {third}{at * 3}"
