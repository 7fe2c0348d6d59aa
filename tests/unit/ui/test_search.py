"""The search for better settings: what the page starts, and how a run shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.errors import InputError
from backend.jobs import SWEEP, Workload, write_state
from backend.jobs.huggingface import Flavor, sweep_quote
from backend.jobs.states import JobState
from backend.locks import take
from backend.runs import Event, Run, RunConfig, append_event
from backend.trials import Found, Sweep, Trial, write_sweep
from tests.conftest import ROOT
from ui.services.quotes import Order, _price
from ui.services.stages import StageView, stage_views
from ui.services.tenants import Tenants
from ui.train.search import SearchTable, budget, recorded, resume_flags

ONE = (Trial(0, 0.25, 0, "done", 12.0, 0.4, 20),)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


def sweep_of(run: Run) -> Sweep:
    return Sweep(45.0, 3, 32, ("lr",), {}, (run.config, replace(run.config, lr=0.004)), 2, ONE)


@pytest.mark.parametrize("written", [0, -3, 10_081, None, "60", True])
def test_a_budget_out_of_range_is_refused(written: object) -> None:
    with pytest.raises(InputError, match="Budget in minutes"):
        budget(written)


def test_a_search_continues_with_its_own_budget(run: Run) -> None:
    assert recorded(run) is None
    write_sweep(run, sweep_of(run))
    found = recorded(run)
    assert found is not None
    assert resume_flags(found) == ["--resume", "--minutes=45"]
    (run.path / "sweep.json").write_text("{", encoding="utf-8")
    assert recorded(run) is None


def views(run: Run) -> dict[str, StageView]:
    return stage_views(run, Tenants(run.path.parent).services(gr.Request()).runner)


def test_a_running_search_shows_how_many_trials_are_done(run: Run) -> None:
    lock = take(run.lock_path(SWEEP))
    assert lock is not None
    write_state(run, SWEEP, JobState("running", 10.0))
    assert views(run)["train"].state == "queued"
    event = Event("progress", "train", phase="Searching for better settings", done=3, total=12)
    append_event(run.metrics_path, event.to_dict())
    train = views(run)["train"]
    assert (train.state, train.job, train.fraction) == ("running", SWEEP, 0.25)
    assert views(run)["export"].state == "none"


def test_a_cancelled_search_is_shown_at_the_training(run: Run) -> None:
    write_state(run, SWEEP, JobState("cancelled", 10.0, 20.0, 143, "Cancelled."))
    assert (views(run)["train"].state, views(run)["train"].job) == ("cancelled", SWEEP)


def test_the_table_is_drawn_again_when_a_trial_ends_and_escapes_names(run: Run) -> None:
    with gr.Blocks():
        table = SearchTable()
    assert table.render(run)[table.part] == ""
    sweep = sweep_of(run)
    write_sweep(run, sweep)
    assert "1 trial" in str(table.render(run)[table.part])
    hostile = replace(run.config, base_model="./<script>alert(1)</script>", method="lora")
    found = Found(0, better=False, reason="No better settings were found.")
    write_sweep(run, replace(sweep, settings=(run.config, hostile), found=found))
    shown = str(table.render(run)[table.part])
    assert "No better settings were found." in shown
    assert "<script>" not in shown
    (run.path / "sweep.json").write_text("{}", encoding="utf-8")
    assert "cannot be shown" in str(table.render(run)[table.part])


def test_the_price_of_a_search_is_that_of_its_minutes() -> None:
    about: dict[str, Any] = {"name": "t4-small", "label": "T4", "cpu": "4 vCPU", "ram": "15 GB"}
    machine = Flavor(**about, accelerator="T4", price_per_hour=0.6)
    price = _price(Order(RunConfig(), "x", "t4-small", SWEEP, 60), Workload(100, 10, 10.0), machine)
    assert price == sweep_quote(60, machine)
    assert price.timeout_seconds == 72 * 60
    assert price.ceiling == pytest.approx(0.72)
