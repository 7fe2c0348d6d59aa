"""What verification.json, the page and the card say of a trimmed vocabulary."""

from __future__ import annotations

from dataclasses import replace

from backend.device import Result, SameAnswers, Verification, VocabularyResult, check_vocabulary
from backend.vocabulary import Coverage
from tests.documents import verification
from ui.export.step import _vocabulary

ALL, SOME = Coverage(90, 90, 0, 0), Coverage(10, 9, 12, 14)
TRIMMED = VocabularyResult(7_000, 26_000, ("en", "es"), ALL, SOME, {"en": ALL, "es": SOME})


def test_it_is_read_as_it_was_written() -> None:
    found = Verification.from_dict(verification(vocabulary=TRIMMED.to_dict()))
    assert found.vocabulary == TRIMMED
    assert Verification.from_dict(found.to_dict()) == found
    assert Verification.from_dict(verification()).vocabulary is None


def test_the_page_says_it_in_one_paragraph_and_nothing_of_a_full_vocabulary() -> None:
    shown = str(_vocabulary(Verification.from_dict(verification(vocabulary=TRIMMED.to_dict()))))
    assert "keeps 7,000 of 26,000 pieces, for English, Spanish: 9 of 10 held-out messages have the same tokens" in shown
    assert _vocabulary(Verification.from_dict(verification())) == ""


def test_answers_to_unusual_messages_are_counted_by_kind() -> None:
    asked = replace(TRIMMED, answers={"in capitals": SameAnswers(10, 9), "emoji": SameAnswers(8, 8)})
    said = "Of 18 unusual messages, 17 are answered as by the full checkpoint (in capitals 9 of 10, emoji 8 of 8)."
    assert asked.sentence.endswith(said)
    assert "unusual" not in TRIMMED.sentence
    assert Verification.from_dict(verification(vocabulary=asked.to_dict())).vocabulary == asked
    earlier = {name: value for name, value in TRIMMED.to_dict().items() if name != "answers"}
    assert Verification.from_dict(verification(vocabulary=earlier)).vocabulary == TRIMMED


def test_the_check_fails_if_a_training_message_has_other_tokens() -> None:
    passed = check_vocabulary(TRIMMED)
    assert passed.result == Result.PASSED
    assert (
        "90 of 90 trained on, 9 of 10 held out; everyday sentences: 90 of 90 English, 9 of 10 Spanish." in passed.detail
    )
    assert check_vocabulary(replace(TRIMMED, training=SOME)).result == Result.FAILED
