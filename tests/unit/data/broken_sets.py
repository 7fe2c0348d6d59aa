"""Broken inputs: sets as a whole, and token budgets."""

from __future__ import annotations

from backend.data import CheckOptions
from tests.unit.data.builders import ROWS, TOOLS, Case, argument, call, csv_of, line_of, tool

MESSAGE = "user_message"
JAZZ = ROWS[3]
LISTED = tool(
    "find_place",
    "Find a place nearby.",
    {"query": argument("string", "Kind of place: water, food, bank, or toilet")},
    ["query"],
)
PLACES = [
    (f"Where could one {word} around here", value)
    for word, value in (
        ("drink", "water"),
        ("eat", "food"),
        ("get cash", "bank"),
        ("refill bottles", "water"),
        ("dine well", "food"),
        ("withdraw money", "bank"),
        ("sip something", "water"),
        ("have lunch", "food"),
    )
]
FRAMED_ROWS = [
    (frame.format(music), call("play_music", query=music))
    for music in ("jazz", "blues", "folk", "pop", "soul", "rock")
    for frame in ("Status of {} please", "Show me {} info", "Monitor {}", "Any news on {}?", "Is {} okay?")
]
PLACE_ROWS = [(message, call("find_place", query=value)) for message, value in PLACES]

SPOTS = tool("find_spot", "Find a spot nearby.", {"kind": argument("string", "Kind of spot")}, ["kind"])
SPOT_ROWS = [
    (frame.format(word), call("find_spot", kind=kind))
    for kind, words in {
        "water": "thirsty parched dry",
        "food": "hungry starving peckish",
        "wc": "full wet gone",
    }.items()
    for word in words.split()
    for frame in ("I am {}", "We are all {} now", "My son says he is {}", "The dog looks {} to me")
]
"""36 rows of 3 values, none of them in its message."""

TIMER = tool(
    "start_timer",
    "Start a timer.",
    {
        "minutes": argument("integer"),
        "repeat": argument("boolean", default=False),
        "unit": argument("string", default="C", enum=["C", "F"]),
    },
    ["minutes"],
)
TIMERS = [
    ("Timer for 5 minutes", call("start_timer", minutes=5)),
    ("Five minute timer please", call("start_timer", minutes=5, repeat=False)),
    ("Count down from 8", call("start_timer", minutes=8, repeat=False)),
]
SONGS = [
    ("How warm is it here?", call("play_music", query="Oslo")),
    ("Put on Miles Davis", call("play_music", query="Miles Davis")),
]

CASES = [
    Case(
        "a default written out and left out",
        (
            ("calls-default-omitted", 8, "tool_calls"),
            ("calls-default-written", 9, "tool_calls"),
            ("calls-default-written", 10, "tool_calls"),
        ),
        csv_of(TIMERS),
        tools=[*TOOLS, TIMER],
    ),
    Case("a value never said", (("set-value-never-said", 8, "tool_calls"),), csv_of(SONGS)),
    Case(
        "closed values",
        (("values-closed", line_of([*TOOLS, SPOTS], '"kind": {'), "[2].function.parameters.properties.kind"),),
        csv_of(SPOT_ROWS),
        tools=[*TOOLS, SPOTS],
    ),
    Case("duplicate", (("set-duplicate", 8, MESSAGE),), csv_of([JAZZ])),
    Case("two duplicates", (("set-duplicate", 8, MESSAGE), ("set-duplicate", 9, MESSAGE)), csv_of([JAZZ, ROWS[0]])),
    Case("duplicate but for case", (("set-normalised-duplicate", 8, MESSAGE),), csv_of([("PLAY SOME JAZZ!", JAZZ[1])])),
    Case(
        "duplicate but for width",
        (("set-normalised-duplicate", 8, MESSAGE),),
        csv_of([("Ｐｌａｙ some jazz", JAZZ[1])]),
    ),
    Case(
        "conflict",
        (("set-conflict", 5, MESSAGE), ("set-conflict", 8, MESSAGE)),
        csv_of([("Play some jazz", call("play_music", query="bebop"))]),
    ),
    Case(
        "conflict but for punctuation",
        (("set-conflict", 5, MESSAGE), ("set-conflict", 8, MESSAGE)),
        csv_of([("play some jazz…", call("set_light", room="hall"))]),
    ),
    Case(
        "near-duplicate",
        (("set-near-duplicate", 9, MESSAGE),),
        csv_of(
            [
                ("Could you please put on that record by Miles Davis", call("play_music", query="Miles Davis")),
                ("Could you please put on the record by Miles Davis", call("play_music", query="Miles Davis")),
            ]
        ),
    ),
    Case("sentence frames", (("set-sentence-frames", 8, MESSAGE),), csv_of(FRAMED_ROWS)),
    Case("tool without rows", (("set-tool-without-rows", None, None),), tools=[*TOOLS, LISTED]),
    Case(
        "distractor without rows",
        (("set-tool-without-rows", None, None),),
        tools=[*TOOLS, {**LISTED, "function": {**LISTED["function"], "distractor": True}}],
    ),
    Case("few rows", (("set-few-rows", None, None), ("set-few-rows-of-tool", None, None))),
    Case(
        "one row",
        (("set-too-few-to-split", None, None),),
        csv_of().split("\n")[0] + "\n" + csv_of().split("\n")[4] + "\n",
        also=("set-tool-without-rows",),
    ),
    Case(
        "imbalance",
        (("set-imbalance", None, None),),
        csv_of(
            [
                (f"Play {word} now", call("play_music", query=word))
                for word in [
                    "ska",
                    "punk",
                    "folk",
                    "soul",
                    "funk",
                    "rock",
                    "trip",
                    "hop",
                    "dub",
                    "swing",
                    "bebop",
                    "latin",
                    "tango",
                ]
            ]
        ),
    ),
    Case(
        "constant argument",
        (("set-constant-argument", None, None),),
        csv_of(
            PLACE_ROWS[:1] + [(f"Is there {w} water", call("find_place", query="water")) for w in ("cold", "fresh")]
        ),
        tools=[*TOOLS, LISTED],
    ),
    Case(
        "unused enum value",
        (("set-unused-value", None, None),),
        "\n".join(csv_of().split("\n")[:3] + csv_of().split("\n")[4:]),
    ),
    Case("unused described value", (("set-unused-value", None, None),), csv_of(PLACE_ROWS), tools=[*TOOLS, LISTED]),
    Case(
        "value not described",
        (("calls-value-not-described", 16, "tool_calls"),),
        csv_of([*PLACE_ROWS, ("Where is a hotel", call("find_place", query="hotel"))]),
        tools=[*TOOLS, LISTED],
    ),
    Case(
        "languages",
        (("set-languages", None, None),),
        csv_of(
            [
                (message, call("play_music", query=str(at)))
                for at, message in enumerate(
                    [
                        f"quiero que suene la canción {n} en el salón"
                        for n in ["uno", "dos", "tres", "cuatro", "cinco", "seis"]
                    ]
                    + [
                        f"please play the song {n} for me in there"
                        for n in ["one", "two", "three", "four", "five", "six"]
                    ]
                )
            ]
        ),
    ),
    Case(
        "answers cut off",
        tuple(("tokens-cut-answer", line, None) for line in range(2, 8)),
        options=CheckOptions(declarations="none", max_seq_length=4),
    ),
    Case(
        "over the cache",
        tuple(("tokens-over-cache", line, None) for line in range(2, 8)),
        options=CheckOptions(declarations="full", kv_cache_max_len=64),
    ),
    Case(
        "prompt over half the cache",
        (("tokens-prompt-over-half-cache", None, None),),
        options=CheckOptions(declarations="none", kv_cache_max_len=32),
    ),
]
