"""The file of near misses on the command line: copied into the run, asked by its evaluation, and compared on resume."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.data import load_dataset
from backend.errors import InputError
from backend.runs import Run, RunConfig
from job_templates.ml.run import Inputs, off_topic_messages, workspace
from job_templates.train import parser as train_parser
from tests.jobs.conftest import ROOT

DATASET, TOOLS = str(ROOT / "examples" / "hiking.csv"), str(ROOT / "examples" / "tools.json")


@pytest.fixture
def near_misses(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text("hiking is fun\nwho made these boots\n", encoding="utf-8")
    return path


def made(place: Path, near_misses: Path | None, config: RunConfig | None = None) -> Run:
    with workspace(config or RunConfig(), Inputs(DATASET, TOOLS, near_misses), str(place)) as found:
        return found.run


def test_the_flag_names_a_file(near_misses: Path) -> None:
    given = ["--dataset", DATASET, "--tools", TOOLS, "--output-repo", "./run"]
    assert train_parser().parse_args([*given, "--near-misses", str(near_misses)]).near_misses == near_misses
    assert train_parser().parse_args(given).near_misses is None


def test_they_are_copied_into_the_run_and_asked_by_its_evaluation(tmp_path: Path, near_misses: Path) -> None:
    run = made(tmp_path / "run", near_misses)
    assert run.near_misses_path.read_bytes() == near_misses.read_bytes()
    tools, rows = load_dataset(Path(DATASET), Path(TOOLS))
    asked = off_topic_messages(tools, rows, run).messages
    assert [message.text for message in asked if message.kind == "near miss"] == [
        "hiking is fun",
        "who made these boots",
    ]
    other = tmp_path / "other.txt"
    other.write_text("just this one")
    asked = off_topic_messages(tools, rows, run, other).messages
    assert [message.text for message in asked if message.kind == "near miss"] == ["just this one"]
    assert "near miss" not in {message.kind for message in off_topic_messages(tools, rows, None).messages}


def test_what_was_put_back_is_asked(tmp_path: Path) -> None:
    tools, rows = load_dataset(Path(DATASET), Path(TOOLS))
    asked = off_topic_messages(tools, rows, made(tmp_path / "run", None, RunConfig(put_back="camping")))
    assert "camping" in {message.topic for message in asked.messages}
    assert "camping" not in {group.key for group in asked.left_out}
    assert "camping" in {group.key for group in off_topic_messages(tools, rows, None).left_out}


def test_a_run_that_exists_has_the_same_ones(tmp_path: Path, near_misses: Path) -> None:
    run = made(tmp_path / "run", near_misses)
    assert made(run.path, near_misses).path == run.path
    assert made(run.path, None).near_misses_path.is_file()  # the page's job names none
    near_misses.write_text("others")
    with pytest.raises(InputError, match=r"was made with another near_misses\.txt than .*mine\.txt"):
        made(run.path, near_misses)


def test_a_file_that_cannot_be_asked_is_refused_before_the_run_is_made(tmp_path: Path, near_misses: Path) -> None:
    near_misses.write_text("a" * 501)
    with pytest.raises(InputError, match=r"mine\.txt, line 1: 501 characters"):
        made(tmp_path / "run", near_misses)
    with pytest.raises(InputError, match=r"none\.txt cannot be read"):
        made(tmp_path / "run", tmp_path / "none.txt")
    assert not (tmp_path / "run").exists()
