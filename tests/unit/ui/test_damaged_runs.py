"""The page over runs whose files are damaged in every way: it always paints, and says what is wrong with which run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from backend.errors import InputError
from backend.jobs import JobState, LocalRunner, RunnerRouter
from backend.jobs.huggingface import read_remote
from backend.jobs.states import write_state
from backend.runs import FolderStore, Run
from tests.unit.ui.damage import DAMAGES, DOCUMENTS, FILES, WRONG, fields, put_wrong, whole_run
from ui.frame.layout import Layout
from ui.page.location import RUNS, STEPS, Location
from ui.page.state import PageState
from ui.page.updates import changes, value_of
from ui.services.services import Services
from ui.services.stored import FAULT
from ui.services.tenants import Tenants

Drawn = dict[str, Any]


class Desk:
    """The page without a browser, over a store with one whole run and one that is damaged."""

    def __init__(self, root: Path) -> None:
        tenants = Tenants(root)
        self.services: Services = tenants.services(None)
        self.store: FolderStore = self.services.store
        self.well = whole_run(self.store, remote=False)
        with gr.Blocks():
            self.layout = Layout(tenants)

    def render(self, run: Run | None, step: str) -> Drawn:
        """What a fresh page is sent, by what each component is called, ready for the network."""
        picked = ",".join(one.id for one in (self.well, run) if one) if step == RUNS else None
        place = Location(run=run.id if run else None, step=step, picked=picked)
        page_state = PageState(self.services.seen_by(self.services.identity), place)
        if page_state.check:
            assert page_state.check.done.wait(120)
        sent, _ = changes(self.layout.render(page_state), {})
        names = {block: getattr(block, "elem_id", None) or str(block._id) for block in sent}
        drawn = {names[block]: value_of(update) if step == RUNS else update for block, update in sent.items()}
        json.dumps(drawn, default=repr, ensure_ascii=False).encode()
        return drawn

    def holds(self, run: Run, name: str) -> None:
        """Every step of the damaged run is painted, beside the frame and the run that is well."""
        for step in (*STEPS, RUNS):
            drawn = self.render(run, step)
            assert step != RUNS or run.id in drawn["all-runs"], f"{name}: the run is not in the view of all runs"
            assert step != RUNS or drawn["runs-fault"] == "", f"{name}: the view of all runs is not shown"
            assert self.well.id in drawn["runs-part"], f"{name}: the other run is not listed"
            assert run.id in drawn["runs-part"], f"{name}: the run is not listed"
            assert drawn["stepper"].count("<li") == len(STEPS)
            assert drawn[f"{step}-fault"] == "" or "cannot be shown" in drawn[f"{step}-fault"]
            assert FAULT not in json.dumps(drawn, default=repr), f"{name}: the file's damage is told as a fault of ours"
        if name.startswith("evaluation.json"):  # it is held against this run's
            beside = self.render(self.well, "evaluate")["evaluate-fault"]
            assert beside == "", f"{name}: the other run's Evaluate step is not shown"
        (entry,) = [summary for summary in self.services.summaries.list() if summary.id == self.well.id]
        assert (entry.error, entry.state) == (None, "done")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


def damages() -> Iterator[Any]:
    """Each damage to a run whose jobs were remote, and two of them to a local one; of alike ones the first is quick."""
    alike = ("an empty object", "not a number", "a link to itself", "nested objects")
    for kind in DAMAGES:
        yield pytest.param(kind, True, marks=pytest.mark.slow if kind in alike else ())
    for kind in ("cut off", "a folder"):
        yield pytest.param(kind, False, marks=pytest.mark.slow)  # as remote above, but for remote.json


@pytest.mark.parametrize(("kind", "remote"), list(damages()))
def test_the_page_paints_over_every_damaged_file_and_the_run_can_be_deleted(
    desk: Desk, kind: str, *, remote: bool
) -> None:
    for file in FILES:
        run = whole_run(desk.store, remote=remote)
        DAMAGES[kind](run.path / file)
        desk.holds(run, f"{file} {kind}")
        desk.services.delete(run.id)
        assert not run.path.exists()


LARGE = ("evaluation.json", "export/verification.json")
"""Of these the next test holds the fields at the top, and unit/device/test_documents.py that all others are read."""


@pytest.mark.parametrize(
    "file", [pytest.param(file, marks=pytest.mark.slow if file in LARGE else ()) for file in DOCUMENTS]
)
def test_the_page_paints_over_wrong_types_in_every_field(desk: Desk, file: str) -> None:
    run = whole_run(desk.store, remote=True)
    path = run.path / file
    before = path.read_bytes()
    for number, at in enumerate(fields(json.loads(before))):
        path.write_bytes(before)
        put_wrong(path, at, WRONG[number % len(WRONG)])
        desk.holds(run, f"{file} {at}")
    desk.services.delete(run.id)


@pytest.mark.parametrize(
    "value",
    [
        # unit/device/test_documents.py holds that each of them is named where a document is read
        pytest.param(value, marks=pytest.mark.slow if place >= 3 else (), id=str(place))
        for place, value in enumerate(WRONG)
    ],
)
def test_the_page_paints_over_every_wrong_value_in_the_fields_at_the_top(desk: Desk, value: Any) -> None:
    run = whole_run(desk.store, remote=True)
    for file in DOCUMENTS:
        path = run.path / file
        before = path.read_bytes()
        for at in fields(json.loads(before), depth=1):
            path.write_bytes(before)
            put_wrong(path, at, value)
            assert desk.well.id in desk.render(run, "train")["runs-part"]
        path.write_bytes(before)
    desk.services.delete(run.id)


def test_a_run_on_hugging_face_is_shown_to_whoever_may_see_it_without_a_login(desk: Desk) -> None:
    run = whole_run(desk.store, remote=True)
    drawn = desk.render(run, "train")
    assert drawn["train-fault"] == ""
    assert "Trained" in drawn["train-result"]
    for here in (LocalRunner(), None):
        runner = RunnerRouter(here, None)
        state = runner.state(run, "train")
        assert state is not None
        assert state.state == "completed"
        assert runner.log(run, "train") == ("", 0)
        with pytest.raises(InputError, match="Log in with the account that started them"):
            runner.cancel(run, "train")
    desk.services.delete(run.id)


@pytest.mark.parametrize("kind", [kind for kind in DAMAGES if kind not in ("gone", "not to be read")])
def test_a_damaged_record_of_hugging_face_is_told_as_the_state_of_the_run(desk: Desk, kind: str) -> None:
    run = whole_run(desk.store, remote=True)
    write_state(run, "train", JobState("running", 1.0, remote=True))
    DAMAGES[kind](run.path / "remote.json")
    with pytest.raises(InputError, match=r"remote\.json is damaged"):
        read_remote(run)
    state = desk.services.runner.state(run, "train")
    assert state is not None
    assert (state.state, "remote.json is damaged" in state.message) == ("lost", True)
    rendered = desk.render(run, "train")
    if "link" in kind:
        assert "remote.json is a link" in rendered["notice"]
    else:
        assert "remote.json is damaged" in rendered["train-state"]
    with pytest.raises(InputError, match=r"remote\.json is damaged"):
        desk.services.runner.submit(run, "train")
    desk.services.delete(run.id)
    assert not run.path.exists()


def test_a_fault_of_a_part_is_told_in_its_place_and_leaves_the_others(desk: Desk) -> None:
    run = whole_run(desk.store, remote=False)
    put_wrong(run.evaluation_path, ("tuned", "per_tool"), {"climb": {"support": "\ud800"}})
    drawn = desk.render(run, "evaluate")
    assert "The Evaluate step cannot be shown" in drawn["evaluate-fault"]
    assert "Run the stage again" in drawn["evaluate-fault"]
    assert "evaluation.json is damaged: tuned.per_tool.climb.support must be a whole number" in drawn["evaluate-fault"]
    assert desk.render(desk.well, "evaluate")["evaluate-fault"] == ""
    desk.services.delete(run.id)


def test_words_of_an_input_error_stand_in_the_place_of_its_part(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_scene: PageState) -> Any:
        raise InputError("The list is on a disk that is away. Plug it in.")

    monkeypatch.setattr(desk.layout, "runs", replace_paint(desk.layout.runs, refuse))
    assert "Plug it in." in desk.render(desk.well, "train")["runs-part"]


def test_a_fault_of_ours_is_told_as_one_and_never_as_the_file(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong(_scene: PageState) -> Any:
        return {}["rows"]

    monkeypatch.setitem(desk.layout.steps, "evaluate", replace_paint(desk.layout.steps["evaluate"], wrong))
    drawn = desk.render(desk.well, "evaluate")
    assert FAULT in drawn["evaluate-fault"]
    assert "damaged" not in drawn["evaluate-fault"]
    assert desk.well.id in drawn["runs-part"]
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert logged.exc_info
    assert logged.exc_info[0] is KeyError


def replace_paint(part: Any, render: Any) -> Any:
    """The part with another way to be painted."""
    other = type(part).__new__(type(part))
    vars(other).update(vars(part), render=render)
    return other


def test_an_account_follows_its_jobs_past_a_damaged_run(tmp_path: Path) -> None:
    from ui.services.hub_sync import Account, Following

    store = FolderStore(tmp_path)
    run = whole_run(store, remote=True)
    before = json.loads((run.path / "run.json").read_bytes())
    following = Following(dict)
    for value in WRONG:
        wrong = {**before, "config": {**before["config"], "lr": value}}
        (run.path / "run.json").write_text(json.dumps(wrong), encoding="utf-8")
        following._poll(Account("ada", "hf_none", store))


@pytest.mark.parametrize("kind", ["cut off", "a list", "gone"])
def test_a_measurement_that_cannot_be_read_is_told_with_the_way_on(desk: Desk, kind: str) -> None:
    run = whole_run(desk.store, remote=False)
    write_state(run, "evaluate", JobState("completed", 1.0, 2.0))
    DAMAGES[kind](run.evaluation_path)
    assert "The evaluation cannot be read" in desk.render(run, "evaluate")["evaluate-blank"]


def test_metrics_that_are_a_folder_are_told_in_the_list_and_on_the_page(desk: Desk) -> None:
    run = whole_run(desk.store, remote=False)
    DAMAGES["a folder"](run.metrics_path)
    rendered = desk.render(run, "train")
    assert "metrics.jsonl in the run&#39;s folder is a folder" in rendered["notice"].replace("&#x27;", "&#39;")
    assert "cannot be read" in rendered["runs-part"]
