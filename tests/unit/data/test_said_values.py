"""Values that the message does not say: which rows are named, and when an argument's values are copied at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.data.rules.set_values import says
from tests.unit.data.builders import TOOLS, call, csv_of, write_files

OPTIONS = CheckOptions(declarations="none")
CODE = "set-value-never-said"


@pytest.mark.parametrize(
    ("message", "value"),
    [
        ("Weather in Paris", "Paris, France"),
        ("A Berliner bakery", "Berlin"),
        ("Pogoda w Warszawie", "Warszawa"),
        ("東京の天気は", "東京都"),
        ("서울에서 뭐 하지", "서울"),
        ("Play O’Neil’s song", "O'Neil's"),
        ("CAFÉ NORD", "café nord"),
    ],
)
def test_a_word_in_any_form_is_said(message: str, value: str) -> None:
    assert says(message, value)


@pytest.mark.parametrize(
    ("message", "value"), [("How warm is it here?", "Oslo"), ("ここの天気は", "東京"), ("A conference", "Conformity")]
)
def test_other_words_are_not_said(message: str, value: str) -> None:
    assert not says(message, value)


def named(folder: Path, rows: list[tuple[str, str]]) -> list[int | None]:
    files = write_files(folder, csv_of([(text, call("play_music", query=value)) for text, value in rows]), TOOLS)
    return [issue.line for issue in check_files(*files, OPTIONS).issues if issue.code == CODE]


def test_only_arguments_that_most_rows_copy_are_compared(tmp_path: Path) -> None:
    silent = [("Put something on", "techno"), ("Whatever you like", "house"), ("You choose", "ska")]
    assert named(tmp_path, silent[:1]) == [8]
    assert named(tmp_path, silent) == []
    assert named(tmp_path, [("Number seven", "7")]) == []
