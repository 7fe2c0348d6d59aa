"""Constrained decoding: how the check judges what an app gets that switches it on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from backend.device.verification import Check, Result
from backend.inference import Answer, WorkerDied
from backend.records import Call, Example, Tool
from job_templates.ml.litert.verify.constraints import ROWS, UNTRAINED, Constrained, ask_constrained, check_constraints

PARAMETERS = {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}
TOOLS = (Tool("lamp", "Switch a lamp.", PARAMETERS),)
HALL, ATTIC = (Call("lamp", {"room": room}) for room in ("hall", "attic"))
EXAMPLES = (Example("a", 2, "lamp in the hall", (HALL,)), Example("b", 3, "lamp in the attic", (ATTIC,)))
RIGHT = [Answer(calls=(HALL,)), Answer(calls=(ATTIC,))]
HALF = [Answer(calls=(HALL,)), Answer(calls=(HALL,))]
NAME = "constrained decoding"


class Scripted:
    """Asks nothing: gives the scripted answers in turn, and counts them; a scripted error is raised."""

    def __init__(self, *answers: Answer | WorkerDied) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    def __call__(self, message: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Answer:
        self.asked.append((message, tools))
        answer = self.answers.pop(0)
        if isinstance(answer, WorkerDied):
            raise answer
        return answer


def judged(constrained: Constrained | None, free: Sequence[Answer] = RIGHT) -> Check:
    return check_constraints(constrained, EXAMPLES, free, TOOLS)


def test_as_many_right_rows_pass_and_fewer_fail() -> None:
    messages = [row.message for row in EXAMPLES]
    same = ask_constrained(Scripted(*RIGHT, Answer(text="No.")), messages)
    assert judged(same) == Check(NAME, Result.PASSED, "2 of 2 rows are right with constraints, and 2 of 2 without.")
    fewer = ask_constrained(Scripted(*HALF, Answer(calls=(Call("untrained_tool", {}),))), messages)
    assert judged(fewer) == Check(NAME, Result.FAILED, "1 of 2 rows are right with constraints, and 2 of 2 without.")
    assert judged(fewer, HALF).result == Result.PASSED


def test_a_free_answer_that_no_app_receives_is_not_right() -> None:
    broken = [RIGHT[0], Answer(calls=(ATTIC,), error="The runtime reads this answer differently.")]
    assert judged(Constrained(tuple(HALF)), broken).detail.endswith("and 1 of 2 without.")


@pytest.mark.parametrize("failing", [Answer(error="It raised."), WorkerDied("It raised.")])
def test_the_first_message_without_an_answer_ends_it(failing: Answer | WorkerDied) -> None:
    ask = Scripted(RIGHT[0], failing)
    constrained = ask_constrained(ask, ["one", "two", "three"])
    assert [message for message, _ in ask.asked] == ["one", "two"]
    check = judged(constrained)
    assert check == Check(NAME, Result.FAILED, "An app that switches it on gets no answer to message 2: It raised.")


def test_a_runtime_that_applies_no_constraint_fails() -> None:
    ask = Scripted(*RIGHT, RIGHT[0])
    check = judged(ask_constrained(ask, ["one", "two"]))
    assert ask.asked[-1] == ("one", [UNTRAINED])
    assert check.result == Result.FAILED
    assert check.detail.endswith("handed over untrained_tool alone, it received a call of lamp.")


def test_not_tried_or_nothing_to_score_is_unchecked() -> None:
    assert judged(None).result == Result.UNCHECKED
    assert check_constraints(Constrained(tuple(RIGHT)), (), RIGHT, ()).result == Result.UNCHECKED


def test_only_some_rows_are_asked() -> None:
    ask = Scripted(*[Answer()] * (ROWS + 1))
    assert len(ask_constrained(ask, ["hi"] * 100).answers) == ROWS
    assert ask.answers == []
