"""The kit of a run: its figures are those of the run's own rows and tokenizer."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files
from backend.device.android import facts_of_run, kit_of_run, write_kit_of_run
from backend.device.project import project_of_run, write_project_of_run
from backend.errors import InputError
from backend.runs import Run, RunConfig, write_json
from backend.tokens import load_plain_counter, tool_texts, train_starter_tokenizer
from tests.documents import verification

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
FILE = "hiking_q8_ekv1024.litertlm"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run as export leaves it, but for the weights, which the kit does not read."""
    config = RunConfig(declarations="full")
    made = Run.create(tmp_path / "run", config, EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    report = check_files(made.dataset_path, made.tools_path)
    made.checkpoint.mkdir()
    texts = [*(row.message for row in report.examples), *tool_texts(report.tools)]
    train_starter_tokenizer(texts, made.checkpoint)
    write_json(made.export_dir / "verification.json", verification(file=FILE))
    return made


def test_its_tokens_are_those_of_the_checkpoints_tokenizer(run: Run) -> None:
    tools, facts = facts_of_run(run)
    budget = check_files(run.dataset_path, run.tools_path, CheckOptions(base_model=str(run.checkpoint))).tokens
    assert budget is not None
    assert (facts.file, facts.context) == (FILE, 1024)
    assert (facts.prompt_tokens, facts.answer_tokens) == (budget.prefix, budget.longest_completion)
    assert [tool.name for tool in tools] == list(budget.tool_shares)


def test_a_sentence_longer_than_every_call_is_not_cut_on_the_phone(run: Run) -> None:
    sentence = (
        "I can only help on the trail, so please ask me about the way, the weather, water or your safety there. " * 2
    )
    config = replace(run.config, no_call_answer=f"No. | de: {sentence}")
    _, short = facts_of_run(run)
    _, long = facts_of_run(replace(run, config=config))
    counter = load_plain_counter(run.checkpoint, run.name)
    assert long.answer_tokens == len(counter.encode(f"{sentence.strip()}<end_of_turn>")) > short.answer_tokens
    assert long.prompt_tokens == short.prompt_tokens


def test_the_zip_holds_what_the_page_shows(run: Run, tmp_path: Path) -> None:
    with zipfile.ZipFile(write_kit_of_run(run, tmp_path / "kit.zip")) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == kit_of_run(run)


def test_the_project_is_made_of_the_runs_own_rows(run: Run, tmp_path: Path) -> None:
    project = project_of_run(run)
    test = next(text for path, text in project.items() if path.endswith("ReadCallTest.kt"))
    assert "fun row3" in test
    assert "assertEquals(\n            AppCall." in test
    with zipfile.ZipFile(write_project_of_run(run, tmp_path / "project.zip")) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == project


@pytest.mark.parametrize(
    ("verification", "said"),
    [
        (None, "verification.json is missing"),
        ({"file": FILE}, r"verification\.json is damaged: it has no .* Run the stage again"),
    ],
)
def test_without_a_verified_file_there_is_no_kit(run: Run, verification: dict[str, object] | None, said: str) -> None:
    path = run.export_dir / "verification.json"
    path.unlink()
    if verification is not None:
        write_json(path, verification)
    with pytest.raises(InputError, match=said):
        facts_of_run(run)
