"""What the Try step shows of a message while models answer it, and after."""

from __future__ import annotations

from backend.inference.model_session import Answer
from backend.records import Call
from ui.playground.history import BASE, FILE, LOADING, Turn, turn_view

ANSWER = Answer(raw="<start_function_call>call:stop{}<end_function_call>", calls=(Call("stop", {}),), seconds=0.2)


def test_a_file_alone_has_no_heading() -> None:
    shown = turn_view(Turn("halt", {FILE: ANSWER}, None))
    assert "Exported file" not in shown
    assert "stop" in shown


def test_the_model_that_is_at_work_has_a_column() -> None:
    shown = turn_view(Turn("halt", {FILE: ANSWER}, None, waiting=BASE))
    assert shown.index("Exported file") < shown.index("Base model") < shown.index(LOADING)
    assert 'role="progressbar"' in shown
    done = turn_view(Turn("halt", {FILE: ANSWER, BASE: Answer(raw="Well", text="Well")}, None))
    assert LOADING not in done
    assert "Well" in done


def test_an_answer_is_waited_for_beside_a_file_that_failed() -> None:
    failed = Turn("halt", {FILE: Answer(error="The file is broken.")}, None)
    assert "There is no answer" in turn_view(failed)
    shown = turn_view(Turn("halt", failed.answers, None, waiting=BASE))
    assert "The file is broken." in shown
    assert LOADING in shown
