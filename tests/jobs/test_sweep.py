"""A search by the real command: cut off and continued it ends as an unbroken one, and the test rows choose nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import load_dataset, write_csv
from backend.errors import InputError
from backend.runs import Run, RunConfig, read_json
from backend.trials import Found, Sweep, Trial, folds, read_sweep, sweep_path, write_sweep
from job_templates.ml.run import check_options
from job_templates.ml.search import Costs, search, started_with
from job_templates.sweep import _training_side, main
from tests.conftest import ROOT
from tests.waiting import wait_until

TOOLS = ROOT / "examples/tools.json"
SIZE = ["--epochs", "2", "--settings", "3", "--seeds", "1", "--search", "lr", "--minutes", "600"]


def rows_of(folder: Path, *, changed: bool) -> Path:
    """60 rows, of which 12 are test rows; `changed` gives these the calls of others."""
    _, rows = load_dataset(ROOT / "examples/hiking.csv", TOOLS)
    train = [replace(row, split="train") for row in rows[:48]]
    test = [replace(row, split="test") for row in rows[48:60]]
    if changed:
        calls = [row.calls for row in test]
        test = [replace(row, calls=other) for row, other in zip(test, [*calls[5:], *calls[:5]], strict=True)]
    path = folder / "rows.csv"
    write_csv([*train, *test], path)
    return path


def command(rows: Path, folder: Path) -> list[str]:
    return ["--dataset", str(rows), "--tools", str(TOOLS), "--output-repo", str(folder), *SIZE]


def run_search(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, str(ROOT / "job_templates/sweep.py"), *arguments]
    return subprocess.run(script, capture_output=True, text=True, check=False)


def record(folder: Path) -> Sweep | None:
    return read_sweep(Run.open(folder)) if (folder / "run.json").is_file() else None


def results(sweep: Sweep | None) -> list[tuple[object, ...]]:
    assert sweep is not None
    return [(trial.key, trial.end, trial.rows, trial.wrong, round(trial.match, 9)) for trial in sweep.trials]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken")
    done = run_search(command(rows_of(folder, changed=False), folder / "run"))
    assert done.returncode == 0, done.stderr
    return folder / "run"


# Trains six models. test_record.py, test_choice.py and test_folds.py in tests/unit/trials hold the parts.
@pytest.mark.slow
def test_the_result_is_an_ordinary_run_with_the_table_on_its_card(unbroken: Path) -> None:
    run, sweep = Run.open(unbroken), record(unbroken)
    assert sweep is not None
    assert sweep.found is not None
    assert run.config == sweep.settings[sweep.found.settings]
    assert [trial.key for trial in sweep.trials[:3]] == [(0, 0.25, 0), (1, 0.25, 0), (2, 0.25, 0)]
    assert [trial.fold for trial in sweep.trials[3:]] == [1, 1]
    assert read_json(run.training_path)["rows"] == 48, "the result is trained on all training rows"
    assert len(read_json(run.split_path)["test"]) == 12
    assert run.evaluation_path.is_file()
    assert not (unbroken / "trials").exists()
    card = (run.checkpoint / "README.md").read_text(encoding="utf-8")
    assert sweep.found.reason in card
    assert "the settings to start from" in card


@pytest.mark.slow
@pytest.mark.parametrize("changed", [False, True], ids=["same", "other-test-labels"])
def test_a_killed_search_ends_as_an_unbroken_one(unbroken: Path, tmp_path: Path, changed: bool) -> None:
    folder, arguments = tmp_path / "run", command(rows_of(tmp_path, changed=changed), tmp_path / "run")
    script = [sys.executable, str(ROOT / "job_templates/sweep.py"), *arguments]
    process = subprocess.Popen(script, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: process.poll() is not None or len(getattr(record(folder), "trials", ())) >= 2, 300)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    before = record(folder)
    assert before is not None
    assert before.found is None
    done = run_search([*arguments, "--resume"])
    assert done.returncode == 0, done.stderr
    after = record(folder)
    assert after is not None
    assert after.trials[: len(before.trials)] == before.trials
    assert done.stdout.count("Trial s") == len(after.trials) - len(before.trials), "nothing is computed twice"
    assert results(after) == results(record(unbroken))
    assert after.found == getattr(record(unbroken), "found", None)


def test_the_trials_have_the_same_rows_whatever_the_test_rows_say(tmp_path: Path) -> None:
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        rows = rows_of(tmp_path / name, changed=name == "other")
        run = Run.create(tmp_path / name / "run", RunConfig(), rows, TOOLS)
        tools, train = _training_side(run, run.config)
        found.append(folds(train, tools, run.config, 2))
        assert all(row.split != "test" for row in train)
    first, second = ([[(row.id, row.split) for row in part] for part in parts] for parts in found)
    assert first == second


def test_a_finished_search_is_not_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(tmp_path, changed=False)
    main([*command(rows, tmp_path / "run"), "--plan"])
    assert "for 600 minutes at most" in capsys.readouterr().out
    run = Run.open(tmp_path / "run")
    tools, train = _training_side(run, run.config)
    costs = Costs(train, tools, check_options(run.config))
    settings = (run.config, replace(run.config, lr=0.002), replace(run.config, lr=0.004))
    ended = [Trial(at, 0.25, 0, "done", 5.0, 0.1 * at, 9) for at in range(3)]
    ended += [Trial(at, 1.0, 1, "done", 9.0, 0.5, 9, () if at else tuple("abcdefgh")) for at in (0, 2)]
    sweep = Sweep(600, 1, 3, ("lr",), {}, settings, 3, tuple(ended))
    found = search(run, sweep, folds(train, tools, run.config, 2), costs).found
    assert found is not None
    assert (found.settings, found.better) == (2, True)
    assert getattr(read_sweep(run), "found", None) == found


def test_a_search_without_time_for_more_chooses_from_what_ended(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, changed=False)
    run = Run.create(tmp_path / "run", RunConfig(), rows, TOOLS)
    tools, train = _training_side(run, run.config)
    settings = (run.config, replace(run.config, lr=0.002), replace(run.config, lr=0.004))
    sweep = Sweep(1, 1, 3, ("lr",), {}, settings, 3, (Trial(0, 0.25, 0, "done", 59.0, 0.1, 9),))
    costs = Costs(train, tools, check_options(run.config))
    after = search(run, sweep, folds(train, tools, run.config, 2), costs)
    assert {trial.end for trial in after.trials[1:]} == {"skipped"}
    assert after.found is not None
    assert (after.found.settings, after.found.better) == (0, False)


def test_what_cannot_be_searched_is_refused(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, changed=False)
    with pytest.raises(InputError, match="is not a folder"):
        main(command(rows, Path("user/name")))
    with pytest.raises(InputError, match="lora_r has only one value here"):
        main([*command(rows, tmp_path / "run"), "--search", "lora_r"])
    main([*command(rows, tmp_path / "run"), "--plan"])
    sweep_path(Run.open(tmp_path / "run")).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"sweep\.json"):
        main(command(rows, tmp_path / "run"))
    other = Sweep(5, 1, 3, ("lr",), {}, (RunConfig(seed=7),))
    sweep_path(Run.open(tmp_path / "run")).write_text(json.dumps(other.to_dict()), encoding="utf-8")
    with pytest.raises(InputError, match="has a search already"):
        main(command(rows, tmp_path / "run"))
    with pytest.raises(InputError, match="started with other settings"):
        main([*command(rows, tmp_path / "run"), "--resume"])


def test_a_search_continues_from_its_start_also_with_the_settings_that_it_found(tmp_path: Path) -> None:
    start, better = RunConfig(), RunConfig(lr=0.002)
    folder = tmp_path / "run"
    assert started_with(folder, start) == (start, start)
    run = Run.create(folder, start, rows_of(tmp_path, changed=False), TOOLS)
    found = Found(1, better=True, reason="Better.")
    write_sweep(run, Sweep(9, 1, 3, ("lr",), {}, (start, better), 3, (), found))
    assert started_with(folder, start) == (start, start)
    run.with_config(better)
    assert Run.open(folder).config == better
    assert started_with(folder, start) == (start, better)
    assert started_with(folder, better) == (start, better), "the app starts it with the run's own settings"
    assert started_with(folder, RunConfig(lr=0.003)) == (RunConfig(lr=0.003), better), "it is refused as another search"
