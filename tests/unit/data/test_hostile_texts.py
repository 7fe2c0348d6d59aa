"""Texts that take a careless pattern hours: each is read in a process of its own, which would be ended."""

from __future__ import annotations

import subprocess
import sys

import pytest

HOSTILE = {
    "a code block that never ends": 'read_cell_value("```" + "\\n" * 9_000 + "x")',
    "quotes behind backslashes": 'read_cell_value("[" + chr(34) + chr(92) * 1 + (chr(34) + chr(92)) * 9_000)',
    "smart quotes behind backslashes": 'read_cell_value("“" + chr(34) + (chr(92) + chr(34)) * 9_000)',
    "commas and spaces": 'read_cell_value("[1" + ", " * 9_000)',
    "many tags": 'read_cell_value("<tool_call>" * 1_700)',
    "many closed tags": 'read_cell_value("<tool_call>{}</tool_call>" * 700)',
    "many blocks": 'read_cell_value("<function=a>" * 1_600 + "</function>")',
    "calls that never close": 'read_cell_value("[" + "f(a=[" * 3_900)',
    "strings that never close": 'read_cell_value("[f(a=" + (chr(92) + chr(34)) * 9_000)',
    "words before no bracket": 'read_cell_value("[" + "ab " * 6_000)',
    "many arguments between quotes": 'read_cell_value((chr(34) + "args" + chr(34) + ":" + chr(39) + "{") * 2_000)',
    "many values": 'read_cell_value("{} " * 6_000 + "x")',
    "many thoughts": 'read_cell_value("</think>{" * 2_000)',
    "a list that never begins": 'listed_values(":" + " " * 1_900 + "(")',
    "a list of spaces": 'listed_values("One of a" + " " * 1_900 + "b")',
    "a variant that never ends": 'list(placeholder("variant 1" + " " * 300_000 + "x", None))',
    "many requests": 'list(placeholder("request a with " * 30_000, None))',
    "many brackets": 'list(placeholder("( variant " * 30_000, None))',
    "an opening that never ends": 'list(generator_leftover("user" + " " * 300_000 + "x", None))',
    "spaces before no line": '_LINE_BREAK.sub(" ", (" " * 300_000 + "x"))',
}
IMPORTS = """
from backend.data.calls.text import read_cell_value
from backend.data.fixers.csv import _LINE_BREAK
from backend.data.rows.inputs import listed_values
from backend.data.rules.message_content import generator_leftover, placeholder
"""


@pytest.mark.parametrize("kind", HOSTILE)
def test_it_is_read_in_time(kind: str) -> None:
    program = [sys.executable, "-c", IMPORTS + HOSTILE[kind]]
    done = subprocess.run(program, timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
