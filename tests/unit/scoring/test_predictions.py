"""Files of answers: matched to their rows, or refused with the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.records import Call, Example
from backend.scoring.predictions import read_predictions

EXAMPLES = [Example(str(at), at + 2, message, (Call("a"),)) for at, message in enumerate(["one", "two", "one"])]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_csv_and_json_lines_are_matched_by_message(tmp_path: Path) -> None:
    table = write(tmp_path / "a.csv", 'user_message,answer\none,"first,\nline"\n two,\none,third\n')
    assert read_predictions(table, EXAMPLES) == ["first,\nline", "", "third"]
    given = [("two", "b"), ("one", "a"), ("one", "c")]
    lines = "\n".join(json.dumps({"user_message": message, "answer": answer}) for message, answer in given)
    assert read_predictions(write(tmp_path / "a.jsonl", lines + "\n\n"), EXAMPLES) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user_message,answer\none,x\nfour,y\n", "line 3: no row to score has the message 'four'"),
        ("user_message,answer\none,x\none,y\n", "no answer for 1 of 3 rows; the first is line 3"),
        ("message,answer\none,x\n", "line 2: user_message and answer must both be texts"),
        ('user_message,answer\none,"open\n', "not CSV"),
        ('{"user_message": "one"}\n', "line 1: user_message and answer"),
        ('{"user_message": "one", "answer": "x"}\n[1]\n', "line 2: an object"),
        ('{"user_message": \n', "line 1: not JSON"),
        ("", "no answer for 3 of 3"),
    ],
)
def test_broken_files_are_refused_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_predictions(write(tmp_path / "p.txt", text), EXAMPLES)


def test_unreadable_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_predictions(tmp_path / "none.csv", EXAMPLES)
    (tmp_path / "latin.csv").write_bytes(b"user_message,answer\n\xe9,x\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_predictions(tmp_path / "latin.csv", EXAMPLES)
