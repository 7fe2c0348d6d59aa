"""Broken inputs: the CSV as a file, its header, its records and cells."""

from __future__ import annotations

from backend.data import CheckOptions
from tests.unit.data.builders import HEADER, ROWS, Case, call, csv_lines, csv_of, quoted

JAZZ = call("play_music", query="blues")
SEMICOLONS = "\n".join(";".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in ROWS)


def _row(name: str, line: str, *expected: tuple[str, int | None, str | None], also: tuple[str, ...] = ()) -> Case:
    """A sound file with one more line, line 8, and a sound row behind it, line 9."""
    return Case(
        name, expected, csv_lines(line, quoted("Some soul, please", call("play_music", query="soul"))), also=also
    )


FILES = [
    Case("empty file", (("csv-empty", 1, None),), b""),
    Case("blank lines only", (("csv-empty", 1, None),), "\n\n  \n"),
    Case("header only", (("csv-no-rows", 1, None),), HEADER + "\n"),
    Case("renamed xlsx", (("csv-binary", None, None),), b"PK\x03\x04\x14\x00\x06\x00" + bytes(200)),
    Case("old xls", (("csv-binary", None, None),), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200)),
    Case("gzip", (("csv-binary", None, None),), b"\x1f\x8b\x08\x00" + bytes(range(100))),
    Case("parquet", (("csv-binary", None, None),), b"PAR1" + bytes(range(100))),
    Case("random bytes", (("csv-binary", None, None),), bytes(range(32)) * 20),
    Case("utf-16 with mark", (("csv-not-utf8", 1, None),), csv_of().encode("utf-16")),
    Case("utf-16 big-endian with mark", (("csv-not-utf8", 1, None),), b"\xfe\xff" + csv_of().encode("utf-16-be")),
    Case("utf-16 without mark", (("csv-not-utf8", 1, None),), csv_of().encode("utf-16-le")),
    Case("utf-32", (("csv-not-utf8", 1, None),), csv_of().encode("utf-32")),
    Case(
        "cp1252 on two lines",
        (("csv-not-utf8", 8, None), ("csv-not-utf8", 10, None)),
        csv_of(
            [
                ("Café music", JAZZ),
                ("Play it", call("play_music", query="it")),
                ("Déjà vu", call("play_music", query="vu")),
            ]
        ).encode("cp1252"),
    ),
    Case(
        "one cp1252 line among utf-8",
        (("csv-not-utf8", 9, None),),
        csv_of([("Café music", JAZZ)]).encode()
        + quoted("Señor Coconut", call("play_music", query="Senor")).encode("cp1252"),
    ),
    Case("byte order mark", (("csv-bom", 1, None),), b"\xef\xbb\xbf" + csv_of().encode()),
    Case("semicolons", (("csv-delimiter", 1, None),), "user_message;tool_calls\n" + SEMICOLONS),
    Case("tabs", (("csv-delimiter", 1, None),), "user_message\ttool_calls\n" + SEMICOLONS.replace('";"', '"\t"')),
    Case("bars", (("csv-delimiter", 1, None),), "user_message|tool_calls\n" + SEMICOLONS.replace('";"', '"|"')),
    Case("semicolons below a blank line", (("csv-delimiter", 2, None),), "\nuser_message;tool_calls\n" + SEMICOLONS),
    Case("crlf", (("csv-line-ends", 1, None),), csv_of(end="\r\n")),
    Case("cr", (("csv-line-ends", 1, None),), csv_of(end="\r")),
    Case(
        "crlf keeps counting lines",
        (("csv-line-ends", 1, None), ("calls-not-json", 8, "tool_calls")),
        csv_of([("Broken", "[")], end="\r\n"),
    ),
    Case(
        "cell over the limit",
        (("csv-cell-too-long", 8, "user_message"),),
        csv_of([("x" * 131_073, JAZZ)]),
    ),
]

HEADERS = [
    Case("no header", (("csv-no-header", 1, None),), csv_of().split("\n", 1)[1]),
    Case(
        "no header above tags",
        (("csv-no-header", 1, None),),
        "\n".join(quoted(message, f"<tool_call>{cell[1:-1]}</tool_call>") for message, cell in ROWS),
        also=("calls-tool-call-tags",),
    ),
    Case("no header below a blank line", (("csv-no-header", 2, None),), "\n" + csv_of().split("\n", 1)[1]),
    Case("capitals", (("csv-header-spelling", 1, "user_message"),), csv_of(header='User_Message,"tool_calls"')),
    Case("spaces", (("csv-header-spelling", 1, "tool_calls"),), csv_of(header="user_message, tool calls ")),
    Case("column missing", (("csv-column-missing", 1, "tool_calls"),), csv_of(header="user_message,calls")),
    Case("message missing", (("csv-column-missing", 1, "user_message"),), csv_of(header="prompt,tool_calls")),
    Case(
        "both missing",
        (("csv-column-missing", 1, "user_message"), ("csv-column-missing", 1, "tool_calls")),
        "a,b\n1,2\n",
    ),
    Case(
        "column twice",
        (("csv-column-twice", 1, "user_message"),),
        "user_message,user_message,tool_calls\n" + "\n".join(quoted(m, m, c) for m, c in ROWS),
    ),
    Case(
        "extra column",
        (("csv-extra-column", 1, "source"),),
        "user_message,tool_calls,source\n" + "\n".join(quoted(m, c, "web") for m, c in ROWS),
    ),
    Case(
        "nameless column",
        (("csv-extra-column", 1, ""),),
        "user_message,tool_calls,\n" + "\n".join(quoted(m, c, "") for m, c in ROWS),
    ),
    Case(
        "developer column",
        (("csv-developer-column", 1, "developer"),),
        "developer,user_message,tool_calls\n" + "\n".join(quoted("It is noon.", m, c) for m, c in ROWS),
    ),
    Case("comment above", (("csv-text-above-header", 1, None),), "# my lamps\n" + csv_of()),
    Case("sep line", (("csv-text-above-header", 1, None),), "sep=,\n\n" + csv_of()),
    Case("open quote in the header", (("csv-unclosed-quote", 1, None),), csv_of(header='"user_message,tool_calls')),
    Case("second quote open", (("csv-unclosed-quote", 1, None),), csv_of(header='user_message,"tool_calls')),
    Case(
        "header again",
        (("csv-repeated-header", 8, None),),
        csv_of([("user_message", "tool_calls")]),
        also=("calls-not-json",),
    ),
    Case(
        "odd split",
        (("csv-split-value", 3, "split"), ("csv-split-value", 5, "split")),
        "user_message,tool_calls,split\n"
        + "\n".join(
            quoted(m, c, s) for (m, c), s in zip(ROWS, ("train", "trian", "test", "", "eval", "Train"), strict=True)
        ),
    ),
]

RECORDS = [
    _row("one cell", "Just a message", ("csv-ragged-row", 8, None)),
    _row("three cells", quoted("Hello", JAZZ, "more"), ("csv-ragged-row", 8, None)),
    _row("trailing comma", quoted("Hello", JAZZ) + ",", ("csv-ragged-row", 8, None)),
    _row("unquoted comma", 'Hello, play jazz,"' + JAZZ.replace('"', '""') + '"', ("csv-ragged-row", 8, None)),
    _row(
        "unquoted json with commas",
        "Lamp on," + call("set_light", room="hall", level=3),
        ("csv-ragged-row", 8, None),
    ),
    _row("quote not closed", '"Play blues,' + quoted(JAZZ)[:-1], ("csv-inner-quote", 8, None)),
    _row("last quote missing", quoted("Play blues", JAZZ)[:-1], ("csv-unclosed-quote", 8, None)),
    _row("first quote missing", quoted("Play blues", JAZZ)[1:], ("csv-unclosed-quote", 8, "user_message")),
    _row("inner quotes not doubled", f'"Play blues","{JAZZ}"', ("csv-inner-quote", 8, None)),
    _row("text behind the quote", '"Play" blues,' + quoted(JAZZ), ("csv-inner-quote", 8, None)),
    _row("space before a quote", '"Play blues", ' + quoted(JAZZ), ("csv-spaced-quote", 8, None)),
    _row("space behind a quote", '"Play blues" ,' + quoted(JAZZ), ("csv-spaced-quote", 8, None)),
    Case("unclosed at the end", (("csv-unclosed-quote", 8, None),), csv_of() + '"Play blues'),
    Case(
        "unclosed twice",
        (("csv-unclosed-quote", 8, None), ("csv-unclosed-quote", 10, None)),
        csv_lines(quoted("A b", JAZZ)[:-1], quoted("Soul now", JAZZ), quoted("C d", JAZZ)[:-1], quoted("E f", JAZZ)),
        also=(),
    ),
    _row("nul", quoted("Play\x00 blues", JAZZ), ("csv-control-character", 8, "user_message")),
    _row("escape character", quoted("Play \x1b[1m blues", JAZZ), ("csv-control-character", 8, "user_message")),
    _row("c1 control", quoted("Play \x85 blues", JAZZ), ("csv-control-character", 8, "user_message")),
    _row(
        "control in the calls",
        quoted("Play blues", call("play_music", query="b\x07lues").replace("\\u0007", "\x07")),
        ("csv-control-character", 8, "tool_calls"),
        also=("calls-control-character",),
    ),
    Case("line break in a message", (("csv-newline-in-cell", 8, "user_message"),), csv_of([("Play\nblues", JAZZ)])),
    Case(
        "line break in the calls",
        (("csv-newline-in-cell", 8, "tool_calls"),),
        csv_of([("Play", JAZZ.replace(", ", ",\n"))]),
    ),
    Case(
        "line behind a multi-line row",
        (("csv-newline-in-cell", 8, "user_message"), ("calls-not-json", 11, "tool_calls")),
        csv_of([("Play\nsome\nblues", JAZZ), ("Broken", "[")]),
    ),
    Case(
        "line behind blank lines",
        (("calls-not-json", 11, "tool_calls"),),
        csv_of() + "\n\n  \n" + quoted("Broken", "[") + "\n",
    ),
    Case(
        "line behind a multi-line header",
        (("calls-not-json", 9, "tool_calls"), ("csv-extra-column", 1, "note\\nof mine")),
        'user_message,tool_calls,"note\nof mine"\n' + "\n".join(quoted(m, c, "") for m, c in (*ROWS, ("Broken", "["))),
    ),
    Case(
        "multi-line row with an unclosed quote behind it",
        (
            ("csv-inner-quote", 10, None),
            ("csv-newline-in-cell", 8, "user_message"),
            ("message-empty", 12, "user_message"),
        ),
        csv_lines(
            '"Play\nblues",' + quoted(JAZZ), '"Open,' + quoted(JAZZ)[:20], quoted("Yes to soul", JAZZ), quoted("", JAZZ)
        ),
    ),
    Case(
        "a split column against itself",
        (("set-test-row-in-train", 4, "split"),),
        "user_message,tool_calls,split\n"
        + "\n".join(
            quoted(m, c, s)
            for m, c, s in (
                ("Play jazz", JAZZ, "train"),
                ("Lights on", call("set_light", room="hall"), "train"),
                ("play jazz!", JAZZ, "test"),
            )
        ),
    ),
    Case(
        "one split only, others chosen",
        (("calls-not-json", 3, "tool_calls"),),
        "user_message,tool_calls,split\n"
        + "\n".join(
            quoted(m, c, s)
            for m, c, s in (
                ("Play jazz", "[", "train"),
                ("Play soul", "[", "test"),
                ("Lights on", call("set_light", room="hall"), "test"),
                ("Soul now", call("play_music", query="soul"), "test"),
            )
        ),
        options=CheckOptions(declarations="none", split="test"),
    ),
]

CASES = [*FILES, *HEADERS, *RECORDS]
