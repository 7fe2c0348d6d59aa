"""sweep.json: it is read as it was written, and a damaged one is named and not used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.errors import InputError
from backend.runs import Run, RunConfig
from backend.trials import Found, Sweep, Trial, lines, read_sweep, search_section, sweep_path, write_sweep
from tests.conftest import ROOT

START = RunConfig()
TRIALS = (
    Trial(0, 0.25, 0, "done", 10.0, 0.5, 20, ("a", "b")),
    Trial(1, 0.25, 0, "done", 11.0, 0.75, 20, ("a",)),
    Trial(2, 0.25, 0, "failed", 1.0, message="The loss is not a number."),
    Trial(0, 1.0, 1, "done", 40.0, 0.8, 20, ("c",)),
    Trial(1, 1.0, 1, "done", 41.0, 0.9, 20, ()),
)
SETTINGS = (START, replace(START, lr=0.002), replace(START, epochs=50.0))
SWEEP = Sweep(30.0, 1, 32, ("lr", "epochs"), {"dataset_sha256": "x"}, SETTINGS, 3, TRIALS, Found(1, True, "Better."))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", START, ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


def test_a_search_is_read_as_it_was_written(run: Run) -> None:
    assert read_sweep(run) is None
    write_sweep(run, SWEEP)
    assert read_sweep(run) == SWEEP
    assert SWEEP.seconds == 103.0
    assert SWEEP.of(1, 1.0, 1) == TRIALS[4]
    assert SWEEP.of(1, 1.0, 2) is None


DAMAGE: dict[str, Any] = {
    "minutes": "many",
    "trials": [{**SWEEP.to_dict()["trials"][0], "match": 2}],
    "settings": [],
    "found": {"settings": 3, "better": True, "reason": "", "rows": 0, "gained": 0, "lost": 0, "p": 1.0},
    "schema": 9,
    "planned": -1,
}


@pytest.mark.parametrize("field", DAMAGE)
def test_a_damaged_search_is_named(run: Run, field: str) -> None:
    write_sweep(run, SWEEP)
    document = json.loads(sweep_path(run).read_text(encoding="utf-8"))
    sweep_path(run).write_text(json.dumps({**document, field: DAMAGE[field]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"sweep\.json (is damaged|has schema)"):
        read_sweep(run)
    assert search_section(run) == ""


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "\x00" * 100])
def test_text_that_is_no_search_is_refused(run: Run, text: str) -> None:
    sweep_path(run).write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        read_sweep(run)


def test_settings_that_are_not_allowed_are_refused(run: Run) -> None:
    document = json.loads(json.dumps(SWEEP.to_dict()))
    document["settings"][1]["lr"] = 7
    sweep_path(run).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(InputError, match=r"settings\[1\].*lr"):
        read_sweep(run)


def test_a_link_is_not_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(json.dumps(SWEEP.to_dict()), encoding="utf-8")
    sweep_path(run).symlink_to(tmp_path / "other.json")
    assert read_sweep(run) is None


def test_only_the_minutes_may_differ_when_a_search_continues() -> None:
    assert SWEEP.same_order(replace(SWEEP, minutes=90.0, trials=(), found=None, planned=None))
    for other in ({"seeds": 2}, {"most": 3}, {"searched": ("lr",)}, {"data": {}}, {"settings": SETTINGS[:2]}):
        assert not SWEEP.same_order(replace(SWEEP, **other))  # type: ignore[arg-type]


def test_the_table_shows_how_far_each_of_the_settings_came(run: Run) -> None:
    first, second, third = lines(SWEEP)
    assert (first.number, first.changed, first.right, first.rows, first.chosen) == (1, "lr 0.002", 20, 20, True)
    assert (second.number, second.right, second.match) == (0, 19, 0.8)
    assert (third.number, third.note, third.share) == (2, "failed", None)
    write_sweep(run, SWEEP)
    card = search_section(run)
    assert "| lr 0.002 **(chosen)** | 100.0% | 90.0% | 20 of 20 | 1 |" in card
    assert "Better." in card


def test_a_name_of_a_base_model_cannot_break_the_card(run: Run) -> None:
    hostile = replace(START, base_model="./a|b `<img src=x>` [x](y)", method="lora")
    write_sweep(run, replace(SWEEP, settings=(START, hostile, START)))
    card = search_section(run)
    assert "<img" not in card
    assert "a\\|b" in card
