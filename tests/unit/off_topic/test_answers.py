"""What a row without a call is answered with, and the near misses that a user writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import InputError
from backend.off_topic import NEAR_MISS, Message, as_rows, near_misses, read_near_misses, with_answers
from backend.records import Call, Example
from backend.runs import answers_by_language

SENTENCES = "I cannot do that. | de: Das kann ich nicht. | hi: यह मेरा काम नहीं।"


def test_nothing_is_the_answer_by_default() -> None:
    rows = with_answers([Example("1", 1, "hello", ())], answers_by_language(None))
    assert rows[0].answer == ""


def test_each_language_gets_its_sentence_and_the_user_s_own_stay() -> None:
    rows = [
        Example("1", 1, "wo ist der nächste See und wie ist das Wetter", ()),
        Example("2", 2, "मौसम कैसा है", ()),
        Example("3", 3, "où est la gare", ()),
        Example("4", 4, "where is the lake", (), "Ask a fish."),
        Example("5", 5, "where is the lake", (Call("find"),)),
    ]
    answers = [row.answer for row in with_answers(rows, answers_by_language(SENTENCES))]
    assert answers == ["Das kann ich nicht.", "यह मेरा काम नहीं।", "I cannot do that.", "Ask a fish.", ""]


def test_messages_are_rows_without_a_call() -> None:
    german, french = as_rows(
        [Message("na du", "greeting", language="de"), Message("salut", "greeting", language="fr")],
        answers_by_language(SENTENCES),
    )
    assert (german.calls, german.answer) == ((), "Das kann ich nicht.")
    assert french.answer == "I cannot do that."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("No. | de: Nein. | de: Nö.", "two sentences for de"),
        ("No. | Nope.", "two sentences for all languages"),
        ("de: Nein.", "no sentence is for all other languages"),
        ("<start_function_call>call:x{}", "read as a call"),
        ("[1, 2]", "read as a call"),
        ('{"name": "x"}', "read as a call"),
    ],
)
def test_a_sentence_that_cannot_be_learned_is_refused(written: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        answers_by_language(written)


def test_near_misses_are_one_a_line() -> None:
    found = near_misses("the ride  is fun\n\n  How heavy is a racing bike?\nthe ride is fun!\n")
    assert [one.text for one in found] == ["the ride is fun", "How heavy is a racing bike?"]
    assert {one.kind for one in found} == {NEAR_MISS}
    assert [one.language for one in found] == ["en", "en"]


def test_near_misses_that_cannot_be_asked_are_refused_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2: 600 characters; at most 500"):
        near_misses("short\n" + 600 * "x")
    with pytest.raises(InputError, match=r"501 messages; at most 500 are asked"):
        near_misses("\n".join(f"message {number}" for number in range(501)))
    file = tmp_path / "near.txt"
    with pytest.raises(InputError, match=r"near\.txt cannot be read"):
        read_near_misses(file)
    file.write_bytes(b"fine\n\xff\xfe")
    with pytest.raises(InputError, match=r"not UTF-8 \(byte 5\)"):
        read_near_misses(file)
    file.write_text("\ufeffone\r\ntwo\r\n", encoding="utf-8")
    assert [one.text for one in read_near_misses(file)] == ["one", "two"]
    file.write_bytes(1_000_001 * b" ")
    with pytest.raises(InputError, match="larger than 1 MB"):
        read_near_misses(file)
