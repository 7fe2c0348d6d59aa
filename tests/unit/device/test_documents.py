"""The documents of a run: what was written is read, and what is damaged is named by its file and field."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from backend.device.verification import Verification
from backend.errors import InputError
from backend.files import write_json
from backend.jobs.huggingface import read_remote
from backend.off_topic import LeftOut, Message, Selection, as_rows
from backend.prompts import get_format
from backend.records import Call, Example, Tool
from backend.runs import Event, FolderStore, TrainingSummary
from backend.scoring import (
    Evaluation,
    OffTopic,
    Report,
    Setup,
    build_evaluation,
    off_topic_result,
    score_rows,
)
from backend.scoring.comparison import compare_rows
from backend.scoring.evaluation import Comparison
from tests.documents import training, verification
from tests.unit.ui.damage import WRONG, fields, put_wrong, whole_run

FORMAT = get_format("native")
TOOLS = (Tool("climb", "x", {"type": "object", "properties": {"n": {"type": "integer"}}}), Tool("water", "x"))
ROWS = [Example(f"row{at}", at + 2, "Wo?", (Call("climb", {"n": at}),)) for at in range(3)]
Read = Callable[[Path], Evaluation | TrainingSummary | Verification]


def refusal(read: Callable[[Path], object], path: Path) -> str | None:
    """What an InputError says of the file; None where it is read. Any other error is the test's."""
    try:
        read(path)
    except InputError as error:
        return str(error)
    return None


def report() -> Report:
    answers = [FORMAT.completion(ROWS[0].calls), "No.", "<start_function_call>"]
    return score_rows(ROWS, answers, TOOLS, FORMAT, [0.9, 0.5, 0.25])


def off_topic() -> OffTopic:
    asked = (Message("hello", "greeting", language="en"), Message("play chess", "request", "chess", "en"))
    answers = [FORMAT.completion(()), FORMAT.completion(ROWS[0].calls)]
    left = LeftOut("boats", "a reason", (Message("sail", "request", "boats", "en"),))
    return off_topic_result(Selection(asked, (left,)), score_rows(as_rows(asked, {"": ""}), answers, TOOLS, FORMAT))


def evaluation() -> dict[str, Any]:
    """An evaluation.json with everything that one can have."""
    setup = Setup(model="m", declarations="none", rows=3, note="", seconds=1.5, base_model="b", base_missing="gone")
    probes = {"typos": report()}
    found = build_evaluation(report(), report(), setup, ngram_baseline=report(), probes=probes, off_topic=off_topic())
    pair = compare_rows(report().rows, report().rows)
    assert pair is not None
    return replace(found, beside=(Comparison("other", pair),)).to_dict()


DOCUMENTS: dict[str, tuple[Read, Callable[[], dict[str, Any]]]] = {
    "evaluation.json": (Evaluation.read, evaluation),
    "training.json": (TrainingSummary.read, training),
    "verification.json": (
        Verification.read,
        lambda: verification(accuracy=report().to_dict(), off_topic=off_topic().to_dict()),
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_was_written_is_read_and_written_again_to_the_letter(tmp_path: Path, name: str) -> None:
    read, made = DOCUMENTS[name]
    path = tmp_path / name
    write_json(path, made())
    before = path.read_bytes()
    write_json(path, read(path).to_dict())
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_wrong_value_is_named_by_its_file_and_field(tmp_path: Path, name: str) -> None:
    read, made = DOCUMENTS[name]
    path, refused, document = tmp_path / name, set(), made()
    places = list(fields(document, depth=6))
    for at in places:
        inside: Any = document
        for key in at[:-1]:
            inside = inside[key]
        right = inside[at[-1]]
        for value in WRONG:
            inside[at[-1]] = value
            path.write_text(json.dumps(document), encoding="utf-8")
            if said := refusal(read, path):
                assert said.startswith(f"{path} "), at
                assert "Run the stage again" in said or "Update the trainer" in said, at
                refused.add(at)
        inside[at[-1]] = right
    free = {"arguments", "sections"}
    assert {at for at in places if at not in refused and not free & set(at)} == set()


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("evaluation.json", ("tuned",)),
        ("evaluation.json", ("verdict", "target")),
        ("evaluation.json", ("tuned", "rows", 0, "right")),
        ("training.json", ("rows",)),
        ("verification.json", ("sha256",)),
        ("verification.json", ("checks", 0, "result")),
    ],
)
def test_a_missing_field_is_named(tmp_path: Path, name: str, at: tuple[Any, ...]) -> None:
    read, made = DOCUMENTS[name]
    document = inside = made()
    for key in at[:-1]:
        inside = inside[key]
    del inside[at[-1]]
    write_json(tmp_path / name, document)
    with pytest.raises(InputError, match=re.escape(f"{name} is damaged: ") + f".* has no '{at[-1]}'"):
        read(tmp_path / name)


def test_the_first_documents_of_schema_1_are_still_read() -> None:
    """As the versions of 2026-11-22 wrote them, without what was added since."""
    tuned = {key: value for key, value in report().to_dict().items() if key != "per_argument"}
    verdict = {"state": "undecided", "target": 0.85, "more_rows": None}
    first = Evaluation.from_dict({"schema": 1, "verdict": verdict, "tuned": tuned, "base": None, "mcnemar": None})
    assert (first.tuned.n, first.advice, first.ngram_baseline, dict(first.probes), first.beside) == (
        3,
        (),
        None,
        {},
        None,
    )
    early = {"schema": 1, "rows": 8, "test_rows": 2, "steps": 5, "seconds": 3.5, "final_loss": 0.25}
    assert TrainingSummary.from_dict(early).device is None
    record = verification()
    del record["conversion"]
    assert Verification.from_dict(record).conversion is None


@pytest.mark.parametrize("kind", [Evaluation, TrainingSummary, Verification])
def test_a_later_layout_is_not_guessed_at(kind: Any) -> None:
    with pytest.raises(InputError, match=r"has schema 2; this version reads 1\. Update the trainer"):
        kind.from_dict({"schema": 2})


def test_a_loss_that_is_no_number_is_left_out() -> None:
    summary = replace(TrainingSummary.from_dict(training()), held_out_loss=float("nan"))
    assert "held_out_loss" not in json.loads(json.dumps(summary.to_dict(), allow_nan=False))


def test_documents_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Event("step", "train").step = 3  # type: ignore[misc]


def test_an_event_stands_in_its_line_as_before() -> None:
    line = {"event": "step", "stage": "train", "time": 1.5, "step": 3, "steps": 9, "loss": 0.5, "eta": 2}
    assert Event.from_dict(line).to_dict() == line
    said = Event("stage", "train", state="started", message="").to_dict()
    assert said == {"event": "stage", "stage": "train", "state": "started", "message": ""}


def test_every_wrong_value_of_remote_json_is_told_as_the_files(tmp_path: Path) -> None:
    run = whole_run(FolderStore(tmp_path), remote=True)
    path = run.path / "remote.json"
    before = path.read_bytes()
    for at in fields(json.loads(before)):
        for value in WRONG:
            path.write_bytes(before)
            put_wrong(path, at, value)
            said = refusal(lambda _: read_remote(run), path)
            assert said is None or said.startswith(f"{path} is damaged ("), at
