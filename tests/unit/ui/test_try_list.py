"""Many messages at once: what is taken for a message, and the CSV of the answers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.inference.model_session import Answer
from backend.records import Call
from ui.playground.batch import exchanges_csv, exchanges_table, lines_of_file, messages_in
from ui.playground.correction import right_calls
from ui.playground.history import Exchange, as_expected

WATER = Call("find", {"query": "water"})
FOUND = Answer(raw="<call>", calls=(WATER,), seconds=0.25, probability=0.987654321)


def test_messages_are_the_lines_that_say_something() -> None:
    assert messages_in(" one \n\n two\r\n") == ["one", "two"]


@pytest.mark.parametrize(
    ("many", "told"),
    [("", "no message yet"), ("a\n" * 201, "201 messages; at most 200"), ("b" * 2001, "2,001 characters")],
)
def test_what_cannot_be_asked_is_told(many: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        messages_in(many)


def test_a_file_is_lines_or_a_column(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\ntwo\n")
    assert messages_in(lines_of_file(tmp_path / "a.txt")) == ["one", "two"]
    (tmp_path / "b.csv").write_text('tool_calls,user_message\n[],"one\nmore"\n[],two\n', encoding="utf-8")
    assert messages_in(lines_of_file(tmp_path / "b.csv")) == ["one more", "two"]
    (tmp_path / "c.csv").write_text("text,label\none,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no user_message column"):
        lines_of_file(tmp_path / "c.csv")
    (tmp_path / "d.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8 text"):
        lines_of_file(tmp_path / "d.txt")


def test_the_csv_has_every_model_and_no_formula() -> None:
    exchanges = [
        Exchange("=1+1", {"file": FOUND, "tuned": Answer(error="gone")}, [WATER]),
        Exchange("two", {"file": FOUND}, None),
    ]
    rows = list(csv.DictReader(io.StringIO(exchanges_csv(exchanges))))
    calls = '[{"name": "find", "args": {"query": "water"}}]'
    assert rows[0]["user_message"] == "'=1+1"
    assert (rows[0]["expected"], rows[0]["file_tool_calls"], rows[0]["file_seconds"]) == (calls, calls, "0.250")
    assert (rows[0]["tuned_error"], rows[0]["tuned_tool_calls"]) == ("gone", "")
    assert (rows[0]["file_probability"], rows[0]["tuned_probability"]) == ("0.987654", "")
    assert (rows[1]["expected"], rows[1]["tuned_raw"]) == ("", "")


def test_the_table_counts_what_the_data_knows() -> None:
    wrong = Answer(raw="x", text="x", seconds=0.1)
    exchanges = [Exchange("a", {"file": FOUND}, [WATER]), Exchange("b", {"file": wrong}, [WATER])]
    assert "Exported file: 1 of 2 held-out rows as expected" in exchanges_table(exchanges)


SILENT = Answer(seconds=0.1, tokens=1)


def test_silence_is_an_answer_without_calls_in_the_csv() -> None:
    rows = list(csv.DictReader(io.StringIO(exchanges_csv([Exchange("a", {"file": SILENT}, None)]))))
    assert (rows[0]["file_tool_calls"], rows[0]["file_raw"], rows[0]["file_error"]) == ("[]", "", "")


def test_the_table_counts_calls_on_off_topic_messages_that_were_answered() -> None:
    exchanges = [
        Exchange("play chess", {"file": FOUND, "tuned": SILENT}, None, off_topic=True),
        Exchange("hello", {"file": SILENT, "tuned": SILENT}, None, off_topic=True),
        Exchange("thanks", {"file": Answer(error="gone"), "tuned": Answer(raw="Hm", text="Hm")}, None, off_topic=True),
        Exchange("b", {"file": FOUND, "tuned": FOUND}, [WATER]),
    ]
    shown = str(exchanges_table(exchanges))
    assert "Exported file: calls on 1 of 2 off-topic messages (9.5–90.5 %)" in shown
    assert "Checkpoint: calls on 0 of 3 off-topic messages (0.0–56.1 %)" in shown
    assert "Exported file: 1 of 1 held-out row as expected" in shown
    assert (shown.count("off-topic: a call"), shown.count("off-topic: no call")) == (1, 4)
    assert "off-topic" not in str(exchanges_table(exchanges[3:]))


def test_a_silent_answer_is_as_expected_where_no_call_is_and_an_error_is_not() -> None:
    assert as_expected(SILENT, ()) is True
    assert as_expected(SILENT, [WATER]) is False
    assert as_expected(Answer(error="gone"), ()) is False
    assert as_expected(FOUND, [WATER]) is True
    assert as_expected(SILENT, None) is None


def test_a_correction_starts_from_what_the_data_says_or_the_model_said() -> None:
    said = '[{"name": "find", "args": {"query": "water"}}]'
    assert right_calls(Exchange("a", {"file": FOUND}, None)) == said
    assert right_calls(Exchange("a", {"file": Answer(raw="x")}, [WATER])) == said
    assert right_calls(Exchange("a", {}, None)) == "[]"
