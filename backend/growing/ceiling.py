"""The teacher's own score on the held-out rows: the highest accuracy that its rows can be expected to teach."""

from __future__ import annotations

from collections.abc import Callable

from backend.growing.answers import read_labels
from backend.growing.material import Material
from backend.growing.orders import ROWS_A_REQUEST
from backend.growing.prompt import labelling_prompt
from backend.growing.session import MOST_ANSWER_TOKENS
from backend.growing.teachers import Teacher
from backend.prompts import get_format
from backend.scoring import Report, score_rows

UNANSWERED = "<start_function_call>"
"""An answer that no parser reads, for a message to which the teacher gave no label."""


def teacher_report(material: Material, teacher: Teacher, progress: Callable[[int, int], None]) -> Report:
    """Returns the teacher's score on the held-out rows, by the same scorer as a model's.

    The messages of the held-out rows are sent to the teacher, without their labels. `progress` is called with the rows
    answered and all rows. Raises Cancelled, or InputError if the teacher does not answer.
    """
    fmt = get_format("native", "none")
    answers: list[str] = []
    for start in range(0, len(material.held_out), ROWS_A_REQUEST):
        rows = material.held_out[start : start + ROWS_A_REQUEST]
        done = teacher.ask(labelling_prompt(material, [row.message for row in rows]), MOST_ANSWER_TOKENS)
        labels = read_labels(done.text)
        answers += [
            fmt.completion(labels[number], "") if number in labels else UNANSWERED for number in range(1, len(rows) + 1)
        ]
        progress(len(answers), len(material.held_out))
    return score_rows(material.held_out, answers, material.tools, fmt)
