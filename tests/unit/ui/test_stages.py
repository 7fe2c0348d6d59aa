"""Where a run stands, read from the files that real jobs write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.jobs import LocalRunner, RunnerRouter
from backend.jobs.huggingface import HuggingFaceRunner, write_order
from backend.jobs.logs import CANCELLED
from backend.jobs.states import JobState, read_state, write_state
from backend.locks import take
from backend.runs import FolderStore, Run, RunConfig, append_event, write_json
from tests.conftest import ROOT
from tests.documents import verification
from ui.jobs.stage_panel import ended, progress_of
from ui.services.exports import exported
from ui.services.stages import StageView, stage_views
from ui.services.summaries import Summaries, fingerprint


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


@pytest.fixture
def run(store: FolderStore) -> Run:
    return store.create(RunConfig(), ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


def test_a_new_run_has_done_nothing(run: Run) -> None:
    assert [view.state for view in stage_views(run, LocalRunner()).values()] == ["none", "none", "none"]


def test_a_running_training_shows_its_latest_step_and_the_share_of_all(run: Run) -> None:
    lock = take(run.lock_path("train"))
    assert lock is not None
    write_state(run, "train", JobState("running", 100.0))
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "started"})
    for step in (1, 5):
        append_event(run.metrics_path, {"event": "step", "stage": "train", "step": step, "steps": 20, "loss": 1.0})
    view = stage_views(run, LocalRunner())["train"]
    os.close(lock)
    assert view.progress is not None
    assert (view.state, view.active, view.fraction, view.progress.step) == ("running", True, 0.25, 5)


def test_a_job_whose_supervisor_died_is_told_as_failed(run: Run) -> None:
    write_state(run, "train", JobState("running", 100.0))
    view = stage_views(run, LocalRunner())["train"]
    assert view.state == "failed"
    assert "Start it again" in view.message


def test_the_phases_of_an_export_add_up_to_the_whole(run: Run) -> None:
    write_state(run, "export", JobState("completed", 1.0, 2.0, 0))
    shares = []
    steps = (("load", 1, 1), ("round", 19, 19), ("convert", 2, 4), ("quantize", 0, 1), ("verify", 34, 34))
    for phase, done, total in steps:
        event = {"event": "progress", "stage": "export", "phase": phase, "done": done, "total": total}
        append_event(run.metrics_path, event)
        shares.append(stage_views(run, LocalRunner())["export"].fraction)
    assert shares == pytest.approx([1 / 6, 2 / 6, 2.5 / 6, 3 / 6, 1])


def test_a_second_try_starts_from_nothing(run: Run) -> None:
    for state in ("started", "failed", "started"):
        append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": state})
        append_event(run.metrics_path, {"event": "step", "stage": "train", "step": 9, "steps": 9, "loss": 1.0})
    assert len(stage_views(run, LocalRunner())["train"].events) == 2


def test_a_training_that_went_on_shows_what_led_there(run: Run) -> None:
    def step(number: int) -> dict[str, object]:
        return {"event": "step", "stage": "train", "step": number, "steps": 9, "loss": 1.0}

    started = {"event": "stage", "stage": "train", "state": "started"}
    went_on = {"event": "resume", "stage": "train", "step": 2}
    for event in (started, step(8), started, step(1), step(2), step(3), started, went_on, step(3), step(4)):
        append_event(run.metrics_path, event)
    events = stage_views(run, LocalRunner())["train"].events
    assert [event.step for event in events if event.kind == "step"] == [1, 2, 3, 4]


def test_the_stages_of_a_pipeline_are_told_by_their_events(run: Run) -> None:
    write_state(run, "pipeline", JobState("failed", 1.0, 9.0, 1, "The disk is full."))
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "started"})
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "done"})
    append_event(run.metrics_path, {"event": "stage", "stage": "evaluate", "state": "started"})
    views = stage_views(run, LocalRunner())
    assert [view.state for view in views.values()] == ["done", "failed", "none"]
    assert (views["evaluate"].message, views["evaluate"].job) == ("The disk is full.", "pipeline")


def test_the_list_tells_what_broke_first_and_reads_a_run_again_only_when_it_changed(
    store: FolderStore, run: Run
) -> None:
    summaries = Summaries(store, LocalRunner())
    write_state(run, "train", JobState("cancelled", 1.0, 2.0, 143))
    write_state(run, "evaluate", JobState("cancelled"))
    (summary,) = summaries.list()
    assert (summary.stage, summary.state, summary.name) == ("train", "cancelled", "hiking")
    before = fingerprint(run.path)
    assert summaries.list()[0] is summary
    append_event(run.metrics_path, {"event": "stage", "stage": "train", "state": "started"})
    assert fingerprint(run.path) != before
    assert summaries.list()[0] is not summary


def test_a_damaged_run_stands_in_the_list_with_its_error(store: FolderStore, run: Run) -> None:
    (run.path / "run.json").write_text("{", encoding="utf-8")
    (summary,) = Summaries(store, LocalRunner()).list()
    assert "damaged" in (summary.error or "")


def test_a_job_after_the_pipeline_is_shown_though_the_clock_was_set_back(run: Run) -> None:
    write_state(run, "pipeline", JobState("queued"))
    write_state(run, "pipeline", JobState("completed", 5_000.0, 9_000.0, 0))
    write_state(run, "evaluate", JobState("queued"))
    write_state(run, "evaluate", JobState("failed", 100.0, 200.0, 1, "No memory."))
    view = stage_views(run, LocalRunner())["evaluate"]
    assert (view.state, view.message, view.job) == ("failed", "No memory.", "evaluate")
    write_state(run, "pipeline", JobState("queued"))
    write_state(run, "pipeline", JobState("cancelled", 10.0, 20.0, 1, "Cancelled."))
    append_event(run.metrics_path, {"event": "stage", "stage": "evaluate", "state": "started"})
    assert stage_views(run, LocalRunner())["evaluate"].message == "Cancelled."


def test_a_job_that_waits_keeps_its_number_and_one_that_was_lost_gets_a_new_one(run: Run) -> None:
    def number(stage: str) -> int:
        state = read_state(run, stage)
        assert state is not None
        return state.number

    for state in (JobState("queued"), JobState("queued", message="Waits for 1 job."), JobState("running", 1.0)):
        write_state(run, "train", state)
        assert number("train") == 1
    write_state(run, "export", JobState("queued"))
    write_state(run, "train", JobState("queued"))
    assert (number("export"), number("train")) == (2, 3)


def test_the_export_that_was_verified_last_is_shown_whatever_the_files_times_say(run: Run) -> None:
    run.export_dir.mkdir()
    for name, moment in (("old.litertlm", 9e9), ("new.litertlm", 1e9)):
        (run.export_dir / name).write_bytes(name.encode())
        os.utime(run.export_dir / name, (moment, moment))
    write_json(run.export_dir / "verification.json", verification(file="new.litertlm"))
    found = exported(run)
    assert found is not None
    assert found.name == "new.litertlm"
    write_json(run.export_dir / "verification.json", verification(file="gone.litertlm"))
    found = exported(run)
    assert found is not None
    assert found.name == "old.litertlm"


def stage_events(run: Run, *told: tuple[str, str, float]) -> None:
    for stage, state, time in told:
        more = {"message": "It broke itself."} if state == "failed" else {}
        append_event(run.metrics_path, {"event": "stage", "stage": stage, "state": state, "time": time, **more})


@pytest.mark.parametrize(
    ("told", "states"),
    [
        ([], ["failed", "none", "none"]),
        ([("train", "done", 11.0)], ["done", "failed", "none"]),
        ([("train", "started", 11.0)], ["failed", "none", "none"]),
        ([("train", "done", 11.0), ("evaluate", "done", 12.0), ("export", "done", 13.0)], ["done", "done", "failed"]),
        ([("train", "failed", 5.0)], ["failed", "none", "none"]),  # in an earlier job
    ],
)
def test_a_pipeline_that_broke_outside_its_stages_says_so_where_it_stood(
    run: Run, told: list[tuple[str, str, float]], states: list[str]
) -> None:
    """Such as a job whose GPU cannot be used, whose base model is gated, or whose results could not be saved."""
    stage_events(run, *told)
    write_state(run, "pipeline", JobState("failed", 10.0, 20.0, 1, "The GPU cannot be used."))
    views = stage_views(run, LocalRunner())
    assert [view.state for view in views.values()] == states
    (broken,) = [view for view in views.values() if view.state == "failed"]
    assert broken.message == "The GPU cannot be used."


def test_a_stage_that_broke_itself_tells_its_own_reason(run: Run) -> None:
    stage_events(run, ("train", "done", 11.0), ("evaluate", "failed", 12.0))
    write_state(run, "pipeline", JobState("failed", 10.0, 20.0, 1, "The job ended."))
    views = stage_views(run, LocalRunner())
    assert [view.state for view in views.values()] == ["done", "failed", "none"]
    assert views["evaluate"].message == "It broke itself."


def test_a_pipeline_that_waits_or_works_tells_its_message(run: Run) -> None:
    """Such as that no machine is free, or that the login has ended."""
    message = "The job is waiting for a machine on Hugging Face."
    write_state(run, "pipeline", JobState("queued", message=message, remote=True))
    runner = RunnerRouter(None, HuggingFaceRunner(lambda: None, "ada"))
    write_order(run, "ada", "cpu-basic", 600)
    assert stage_views(run, runner)["train"].message == message
    write_state(run, "pipeline", JobState("running", 10.0, message="Log in again.", remote=True))
    stage_events(run, ("train", "started", 11.0))
    view = stage_views(run, runner)["train"]
    assert (view.state, view.message) == ("running", "Log in again.")


def test_the_panel_says_why_a_job_was_cancelled_and_what_a_working_one_tells() -> None:
    words = {
        "busy": "Training",
        "cancelled": "Training was cancelled",
        "failed": "",
        "saved": "The saved state stays.",
    }
    by_hand = ended(StageView("train", "cancelled", CANCELLED), words)
    assert "The saved state stays." in by_hand
    assert CANCELLED not in by_hand
    late = ended(StageView("train", "cancelled", "No machine became free."), words)
    assert "No machine became free. The saved state stays." in late
    assert "Log in again." in progress_of(StageView("train", "running", "Log in again."), stopping=False)
