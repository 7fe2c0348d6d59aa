from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from backend.data.text.languages import guess_language
from backend.data.text.normal_form import normal_message, rows_by_message

ASCII = st.text(st.sampled_from(string.printable + "the el de un"))


@given(ASCII)
def test_texts_in_ascii_have_the_form_that_they_have_beside_other_letters(text: str) -> None:
    words = normal_message(f"x {text}").split()
    assert normal_message(f"x {text} ñ").split() == [*words, "ñ"]
    assert guess_language(f"x {text}") == guess_language(f"x {text} ñ")


def test_rows_are_grouped_by_message_in_order_of_first_appearance() -> None:
    messages = ["Stop!", "go on", "  stop", "Go  on.", "STOP", "5.5 km"]
    assert list(rows_by_message(messages).items()) == [("stop", [0, 2, 4]), ("go on", [1, 3]), ("5.5 km", [5])]
    assert rows_by_message([]) == {}
