"""How a message is written: other writings of a row, and the writing of one message for another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.rows import as_spoken, other_writings
from backend.data.text import Writing
from backend.records import Call, Example


def row(message: str, *values: object) -> Example:
    return Example("1", 1, message, (Call("call", {str(at): value for at, value in enumerate(values)}),))


@pytest.mark.parametrize(
    ("message", "values", "others"),
    [
        ("Where can I get water?", ["water"], ["Where can I get water", "where can i get water"]),
        ("¿Dónde hay agua?", ["agua"], ["Dónde hay agua", "dónde hay agua"]),
        ("Play Nina Simone!", ["Nina Simone"], ["Play Nina Simone", "play Nina Simone"]),
        ("Look for A in Ana", [["Ana"]], ["look for a in Ana"]),
        ("Say: who is there?", [{"text": "who is there?"}], ["say: who is there?"]),
        ("Set it to 12.", [12], ["Set it to 12", "set it to 12"]),
        ("knots pls", ["wind"], []),
        ("水はどこ？", ["水"], ["水はどこ"]),
        ("?!", [], []),
    ],
)
def test_a_row_is_written_otherwise_and_what_it_copies_stays(
    message: str, values: list[object], others: list[str]
) -> None:
    assert [other.message for other in other_writings(row(message, *values))] == others
    assert as_spoken(row(message, *values)).message == [message, *others][-1]


@pytest.mark.parametrize(
    ("message", "language", "like", "written"),
    [
        ("order us a pizza", "en", "Where is it?", "Order us a pizza?"),
        ("what is that", "en", "Go home.", "What is that."),
        ("Was kostet ein Haus?", "de", "go home", "was kostet ein haus"),
        ("Was kostet ein Haus?", "de", "Go home", "Was kostet ein Haus"),
        ("pide la cuenta", "es", "¿Dónde está?", "¿Pide la cuenta?"),
        ("pide la cuenta", "es", "Where is it?", "Pide la cuenta?"),
        ("¿quién es?", "es", "go home", "quién es"),
        ("マナーモードにして", "ja", "Go home.", "マナーモードにして。"),
        ("8 8", "", "Where is it?", "8 8"),
        ("", "", "Where is it?", ""),
    ],
)
def test_a_message_gets_the_writing_of_another(message: str, language: str, like: str, written: str) -> None:
    assert Writing.of(like).applied(message, language) == written


TEXTS = st.text("aBcDß ¿¡?!.…。？äÉñ水は12", max_size=30)


@given(TEXTS, TEXTS, st.sampled_from(["", "en", "es", "ja", "hi"]))
def test_a_message_in_another_writing_says_the_same(message: str, like: str, language: str) -> None:
    written = Writing.of(like).applied(message, language)
    letters = [[letter for letter in text.casefold() if letter.isalnum()] for text in (message, written)]
    assert letters[0] == letters[1]
    assert bool(written) == bool(message)
