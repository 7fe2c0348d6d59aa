from __future__ import annotations

from backend.data.text.normal_form import rows_by_message


def test_rows_are_grouped_by_message_in_order_of_first_appearance() -> None:
    messages = ["Stop!", "go on", "  stop", "Go  on.", "STOP", "5.5 km"]
    assert list(rows_by_message(messages).items()) == [("stop", [0, 2, 4]), ("go on", [1, 3]), ("5.5 km", [5])]
    assert rows_by_message([]) == {}
