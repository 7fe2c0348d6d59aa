"""What the checks of a run say of given answers, row by row; no model is needed for that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.device.checked import Check, Result
from backend.device.verification import Agreement
from backend.inference.model_session import Answer
from backend.off_topic import Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.runs import Run, RunConfig
from backend.scoring import OffTopic, Report, Setup, build_evaluation, off_topic_result, score_rows
from backend.tokens import SentencePieceCounter, starter_model_bytes
from job_templates.ml.litert.verify import run_checks
from job_templates.ml.litert.verify.agreement import CheckpointRow, compare, from_evaluation
from job_templates.ml.litert.verify.running import Ran, tool_variants

PARAMETERS = {"type": "object", "properties": {"room": {"type": "string", "description": "R"}}, "required": ["room"]}
TOOLS = (Tool("lamp", "Switch a lamp.", PARAMETERS),)
FMT = get_format("native", "full")
ROOMS = ("hall", "attic", "cellar", "kitchen", "yard")
ROWS = tuple(Example(f"r{at}", at + 2, f"lamp {at}", (Call("lamp", {"room": room}),)) for at, room in enumerate(ROOMS))
RIGHT = [FMT.completion(row.calls).removesuffix("<start_function_response>") for row in ROWS]
COUNTER = SentencePieceCounter("test", starter_model_bytes([row.message for row in ROWS]))


def report(answers: list[str]) -> Report:
    return score_rows(ROWS, answers, TOOLS, FMT)


def answered(*raw: str, failure: str | None = None) -> Ran:
    return Ran([Answer(raw=text) for text in raw], {"ready": True}, failure)


def checkpoint(answers: list[str]) -> dict[str, CheckpointRow]:
    return {row.id: CheckpointRow(row.predicted, row.raw, row.right) for row in report(answers).rows}


@pytest.mark.parametrize("bad", ["<pad>", "<pad><pad><pad>", RIGHT[0] + "<pad>"])
def test_padding_fails(bad: str) -> None:
    assert run_checks.check_answers(answered(RIGHT[0], RIGHT[1]), 2).result == Result.PASSED
    assert run_checks.check_answers(answered(RIGHT[0], bad), 2).result == Result.FAILED


def test_an_empty_answer_is_silence_and_a_message_without_an_answer_is_not() -> None:
    ran = answered(RIGHT[0], "", "  \n")
    ran.off_topic = [Answer(raw="")]
    check = run_checks.check_answers(ran, 4)
    assert check == Check("answers", Result.PASSED, "4 answers, 3 of them empty, none with <pad>.")
    ran.off_topic.append(Answer(error="It broke."))
    check = run_checks.check_answers(ran, 5)
    assert check == Check("answers", Result.FAILED, "1 of 5 messages have no answer. The first: It broke.")


def test_a_silent_answer_to_a_row_with_a_call_is_a_missed_call() -> None:
    silent = report(["", *RIGHT[1:]])
    assert (silent.parse.k, silent.missed_call.k, silent.rows[0].error_class) == (5, 1, "no_call")
    assert run_checks.check_parsing(silent).result == Result.PASSED
    assert compare(silent, checkpoint(["<end_of_turn>", *RIGHT[1:]])) == Agreement(5, 5, 0, 0)
    assert compare(silent, checkpoint(RIGHT)) == Agreement(4, 5, 1, 0)


def test_a_file_that_is_silent_on_everything_fails_by_its_checkpoint() -> None:
    everywhere = compare(report([""] * 5), checkpoint(RIGHT))
    assert run_checks.check_agreement(everywhere).result == Result.FAILED


def test_an_app_that_gets_an_error_for_silence_does_not_get_what_we_read() -> None:
    assert run_checks.check_app_view([Answer(raw="", app_agrees=True)]).result == Result.PASSED
    assert run_checks.check_app_view([Answer(raw="", app_agrees=False)]).result == Result.FAILED


MESSAGES = tuple(Message(f"what is {word}", "request", "jazz", "en") for word in "abcdefgh")
CALL = FMT.completion([Call("lamp", {"room": "hall"})])


def silence(*answers: str) -> OffTopic:
    asked = MESSAGES[: len(answers)]
    return off_topic_result(Selection(asked), score_rows(as_rows(asked, {"": ""}), answers, TOOLS, FMT))


def of_checkpoint(*answers: str) -> dict[str, CheckpointRow]:
    rows = (row.answer for row in silence(*answers).rows)
    return {row.id: CheckpointRow(row.predicted, row.raw, row.right) for row in rows}


@pytest.mark.parametrize(
    ("file", "checkpoint_calls", "result"),
    [
        ((CALL,) * 8, 8, "passed"),
        ((CALL,) * 6 + ("",) * 2, 0, "failed"),
        ((CALL,) * 5 + ("",) * 3, 0, "passed"),
        (("",) * 8, 8, "passed"),
        (("No.",) * 8, 0, "passed"),
    ],
)
def test_calls_on_off_topic_messages_are_held_against_the_checkpoint(
    file: tuple[str, ...], checkpoint_calls: int, result: str
) -> None:
    answers = [CALL] * checkpoint_calls + [""] * (8 - checkpoint_calls)
    assert run_checks.check_silence(silence(*file), of_checkpoint(*answers)).result == result


def test_silence_says_what_was_compared() -> None:
    check = run_checks.check_silence(silence(CALL, CALL, "", ""), of_checkpoint(CALL, "", CALL))
    assert check.detail == (
        "2 of 4 off-topic messages call a tool; of 3, 1 only with the file and 1 only with the checkpoint (p = 1)."
    )
    for checkpoint_rows in (None, {}, checkpoint(RIGHT)):
        check = run_checks.check_silence(silence(CALL), checkpoint_rows)
        assert (check.result, "1 of 1 off-topic messages" in check.detail) == (Result.UNCHECKED, True)
    assert run_checks.check_silence(None, {}).result == Result.UNCHECKED


def test_a_run_that_broke_fails_with_its_reason() -> None:
    check = run_checks.check_answers(answered(RIGHT[0], failure="It crashed."), 5)
    assert check == Check("answers", Result.FAILED, "After 1 of 5 messages: It crashed.")


def test_one_unreadable_answer_in_five_fails() -> None:
    assert run_checks.check_parsing(report(RIGHT)).result == Result.PASSED
    check = run_checks.check_parsing(report([*RIGHT[:4], RIGHT[4][:-3]]))
    assert check.result == Result.FAILED
    assert "4 of 5 answers can be read. The first: row r4" in check.detail
    assert "train it longer" not in check.detail
    assert "train it longer" in run_checks.check_parsing(report(["<pad>"] * 5), Agreement(5, 5, 0, 0)).detail


@pytest.mark.parametrize(
    ("same", "rows", "result"),
    [
        (5, 5, "passed"),
        (23, 24, "passed"),
        (100, 119, "passed"),
        (3, 4, "passed"),
        (1, 4, "failed"),
        (80, 119, "failed"),
    ],
)
def test_agreement_fails_only_beyond_doubt(same: int, rows: int, result: str) -> None:
    assert run_checks.check_agreement(Agreement(same, rows, 0, 0)).result == result


def test_what_cannot_be_compared_is_not_called_passed() -> None:
    assert run_checks.check_agreement(None).result == Result.UNCHECKED
    assert run_checks.check_accuracy(report(RIGHT), None).result == Result.UNCHECKED


@pytest.mark.parametrize(
    ("lost", "won", "result"),
    [(0, 0, "passed"), (5, 0, "passed"), (6, 0, "failed"), (0, 9, "passed"), (12, 3, "failed")],
)
def test_accuracy_is_held_by_mcnemar(lost: int, won: int, result: str) -> None:
    assert run_checks.check_accuracy(report(RIGHT), Agreement(50, 60, lost, won)).result == result


def test_agreement_counts_calls_and_not_their_spelling() -> None:
    other = ["<start_function_call>call:lamp{ room : <escape>hall<escape> }<end_function_call>", *RIGHT[1:]]
    assert compare(report(RIGHT), checkpoint(other)) == Agreement(5, 5, 0, 0)
    wrong = [RIGHT[1], RIGHT[1], "call:", *RIGHT[3:]]
    assert compare(report(wrong), checkpoint(RIGHT)) == Agreement(3, 5, 2, 0)
    assert compare(report(RIGHT), checkpoint(wrong)) == Agreement(3, 5, 0, 2)
    unreadable = [*wrong[:2], "<start_function_call>call:lamp{{{", *wrong[3:]]
    cut_sooner = [*wrong[:2], "<start_function_call>call:lamp{<end_of_turn>", *wrong[3:]]
    assert compare(report(unreadable), checkpoint(cut_sooner)).same == 5
    assert compare(report(unreadable), checkpoint([*wrong[:2], "<start_function_call>call:x{", *wrong[3:]])).same == 4


def prompts(change: Any = None) -> Check:
    texts = [FMT.prompt(TOOLS, row.message) for row in ROWS]
    answers = [Answer(prompt=text[5:], prompt_ids=tuple(COUNTER.encode(text)[1:])) for text in texts]
    if change is not None:
        answers[2] = change(answers[2])
    return run_checks.check_prompts(ROWS, answers, TOOLS, FMT, COUNTER)


def test_every_prompt_must_be_the_trained_one_in_text_and_tokens() -> None:
    assert prompts() == Check("prompt as trained", Result.PASSED, "5 of 5 prompts equal, token for token.")
    other_text = prompts(lambda answer: Answer(prompt=answer.prompt.replace("user", "human"), prompt_ids=()))
    assert other_text.result == Result.FAILED
    assert "Row r2: the prompt differs from the trained one at character" in other_text.detail
    other_tokens = prompts(lambda answer: Answer(prompt=answer.prompt, prompt_ids=answer.prompt_ids[:-1]))
    assert (other_tokens.result, "other token ids" in other_tokens.detail) == (Result.FAILED, True)


def test_tools_that_change_the_prompt_fail() -> None:
    ran = Ran([Answer(prompt="as trained")], {}, None, dict.fromkeys(tool_variants(TOOLS), "as trained"))
    assert run_checks.check_tool_variants(ran).result == Result.PASSED
    ran.variant_prompts["with a return type"] = "otherwise"
    assert run_checks.check_tool_variants(ran).result == Result.FAILED
    assert run_checks.check_tool_variants(Ran()).result == Result.UNCHECKED


def test_calls_that_an_app_reads_otherwise_fail() -> None:
    agrees, differs, unasked = (Answer(app_agrees=value) for value in (True, False, None))
    assert run_checks.check_app_view([agrees, agrees, unasked]).detail.startswith("2 of 2")
    assert run_checks.check_app_view([agrees, differs]).result == Result.FAILED
    assert run_checks.check_app_view([unasked]).result == Result.UNCHECKED


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [("start_token", 1, "starts prompts"), ("stop_tokens", [[1]], "stops at"), ("context", 512, "512 tokens")],
)
def test_what_the_runtime_reads_must_be_what_was_written(name: str, value: object, word: str) -> None:
    ready = {"start_token": 2, "stop_tokens": [[106], [50], [1]], "context": 1024, "load_seconds": 0.5}
    assert run_checks.check_opening(Ran(ready=ready), 1024).result == Result.PASSED
    check = run_checks.check_opening(Ran(ready={**ready, name: value}), 1024)
    assert (check.result, word in check.detail) == (Result.FAILED, True)


def test_the_saved_evaluation_is_used_only_where_it_fits(tmp_path: Path) -> None:
    for name, content in (("data.csv", "user_message,tool_calls\n"), ("tools.json", "[]")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    run = Run.create(tmp_path / "run", RunConfig(), tmp_path / "data.csv", tmp_path / "tools.json")
    assert from_evaluation(run, ROWS) is None
    run.evaluation_path.write_text(
        json.dumps(build_evaluation(report(RIGHT), None, Setup()).to_dict()), encoding="utf-8"
    )
    assert from_evaluation(run, ROWS) == checkpoint(RIGHT)
    evaluation = build_evaluation(report(RIGHT), None, Setup(), off_topic=silence(CALL, ""))
    run.evaluation_path.write_text(json.dumps(evaluation.to_dict()), encoding="utf-8")
    assert from_evaluation(run, ROWS) == checkpoint(RIGHT) | of_checkpoint(CALL, "")
    assert from_evaluation(run, (*ROWS, Example("new", 9, "x", ()))) is None
    run.checkpoint.mkdir()
    weights = run.checkpoint / "model.safetensors"
    weights.write_bytes(b"newer than the evaluation")
    assert from_evaluation(run, ROWS) is None
    weights.unlink()
    run.evaluation_path.write_text('{"tuned": {}}', encoding="utf-8")
    assert from_evaluation(run, ROWS) is None
