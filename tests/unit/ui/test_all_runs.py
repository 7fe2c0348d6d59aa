"""The view of all runs: what each run shows, how it sorts, and which runs can be picked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.jobs import JobState, write_state
from backend.jobs.huggingface import JobRef, write_order
from backend.jobs.huggingface.remote import write_remote
from backend.runs import FolderStore, Run, RunConfig
from tests.several_runs import several_runs
from ui.page.location import Location
from ui.page.state import PageState
from ui.runs.choice import TOO_MANY, Only, candidates, picked, read_only, toggled
from ui.runs.columns import COLUMNS, next_order, rows_of, sorted_rows
from ui.runs.compared import compared_card
from ui.runs.differing_rows import differing_rows
from ui.runs.table import runs_table
from ui.services.tenants import Tenants

ORDERS = {
    "run": ["bad", "close", "good", "new"],
    "accuracy": ["good", "close", "bad", "new"],
    "-accuracy": ["bad", "close", "good", "new"],
    "calls": ["close", "bad", "good", "new"],
    "size": ["close", "new", "bad", "good"],
    "time": ["good", "close", "bad", "new"],
    "cost": ["good", "new", "bad", "close"],
    "no such column": ["new", "bad", "close", "good"],
}


class Home:
    """The runs of a visitor, and the states of their page."""

    def __init__(self, root: Path) -> None:
        self.services = Tenants(root).services(None)
        self.store: FolderStore = self.services.store
        self.runs: Mapping[str, Run] = several_runs(self.store)

    def state(self, **location: str | None) -> PageState:
        return PageState(self.services, Location(step="runs", **location))

    def ids(self, *names: str) -> str:
        return ",".join(self.runs[name].id for name in names)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    found = Home(tmp_path_factory.mktemp("runs"))
    run = found.runs["good"]
    remote = write_order(run, "ada", "t4-small", 1800, 0.6)
    write_remote(run, remote.with_job("train", JobRef("job", "attempt", 1_000.0, "ada")))
    write_state(run, "train", JobState("completed", 1_000.0, 1_600.0, 0, remote=True))
    return found


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    shown = runs_table(PageState(Tenants(tmp_path).services(None), Location(step="runs")))
    assert "No runs yet" in shown
    assert 'data-do="new"' in shown


def test_a_run_that_was_found_on_the_hub_shows_what_is_known(tmp_path: Path) -> None:
    """As backend/jobs/huggingface/run_search.py restores it: its inputs and its jobs, without results."""
    services = Tenants(tmp_path / "home").services(None)
    run = services.store.create(RunConfig(), *_inputs(tmp_path), "found")
    remote = write_order(run, "ada", "t4-small", 1800)
    write_remote(run, remote.with_job("train", JobRef("job", "attempt", 1_000.0, "ada")))
    write_state(run, "train", JobState("queued", message="Found again on Hugging Face.", remote=True))
    shown = runs_table(PageState(services, Location(step="runs")))
    for text in ("found", "rows.csv", "1 row", "Training waiting"):
        assert text in shown, text
    assert "checkbox" not in shown


def test_the_table_shows_what_is_known_of_every_run(home: Home) -> None:
    shown = runs_table(home.state(picked=home.ids("close", "new")))
    for text in (
        "hiking.csv",
        "980 rows",
        "Epochs: 30",
        "114 of 120",
        "89.5–97.7 %",
        "166 of 497",
        "123.5 KB",
        "Not started",
    ):
        assert text in shown, text
    assert shown.count('role="checkbox"') == 3  # the run without an evaluation has none
    assert shown.count('aria-checked="true"') == 1


@pytest.mark.parametrize("order", ORDERS)
def test_each_column_sorts_and_what_is_not_known_comes_last(home: Home, order: str) -> None:
    rows = rows_of(home.state().runs)
    created = sorted(rows, key=lambda row: row.summary.created, reverse=True)
    if order == "time":  # the training of "good" took 600 s on Hugging Face
        assert [row.summary.name for row in sorted_rows(created, order)] == ["close", "good", "bad", "new"]
    else:
        assert [row.summary.name for row in sorted_rows(created, order)] == ORDERS[order]


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_sorts_both_ways_and_then_no_longer(name: str) -> None:
    assert next_order(None, name) == name
    assert next_order(name, name) == f"-{name}"
    assert next_order(f"-{name}", name) is None
    assert next_order(name, "no such column") == name


def test_the_cost_is_the_time_of_the_jobs_at_the_price_of_the_machine(home: Home) -> None:
    costs = {summary.name: summary.facts.cost for summary in home.state().runs if summary.facts}
    assert costs == {"good": pytest.approx(600 * 0.6 / 3600), "close": None, "bad": None, "new": None}


def test_a_run_is_picked_and_unpicked(home: Home) -> None:
    one = toggled(home.state(), home.ids("good"))
    assert one == home.ids("good")
    two = toggled(home.state(picked=one), home.ids("bad"))
    assert two == home.ids("good", "bad")
    assert toggled(home.state(picked=two), home.ids("good")) == home.ids("bad")
    assert toggled(home.state(picked=one), home.ids("good")) is None


@pytest.mark.parametrize("unknown", ["new", "nowhere"])
def test_a_run_without_rows_cannot_be_picked(home: Home, unknown: str) -> None:
    run_id = home.runs[unknown].id if unknown in home.runs else "../good"
    with pytest.raises(InputError, match="no evaluation"):
        toggled(home.state(), run_id)
    assert picked(home.state(picked=run_id)) == []


def test_at_most_six_runs_are_picked(tmp_path: Path) -> None:
    home = Home(tmp_path)
    more = several_runs(home.store, " again")
    ids = [run.id for runs in (home.runs, more) for name, run in runs.items() if not name.startswith("new")]
    assert len(picked(home.state(picked=",".join(ids)))) == 6
    last = several_runs(home.store, " last")["good"].id
    with pytest.raises(InputError) as refused:
        toggled(home.state(picked=",".join(ids)), last)
    assert str(refused.value) == TOO_MANY


def test_runs_of_another_store_are_neither_listed_nor_compared(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path)
    state = home.state(picked=other.ids("good", "bad"), only=other.ids("good", "bad").replace(",", " "))
    assert picked(state) == []
    assert read_only(state.location, picked(state)) is None
    assert not any(run.id in runs_table(state) for run in other.runs.values())


def test_the_card_says_the_verdict_and_what_differs(home: Home) -> None:
    state = home.state(picked=home.ids("bad", "good"))
    runs = picked(state)
    shown = compared_card(runs, candidates(state, runs))
    for text in (
        "B (good) is better than A (bad).",
        "same 120 held-out rows",
        "Only B right: 57",
        "Learning rate",
        "0.01",
    ):
        assert text in shown, text
    assert "Data, first digits" not in shown
    assert "Pick one more" in compared_card(runs[:1], candidates(state, runs[:1]))
    assert compared_card([], []) == ""


def test_rows_without_a_twin_are_no_comparison(home: Home, tmp_path: Path) -> None:
    run = home.store.create(RunConfig(), *_inputs(tmp_path), "other rows")
    content = home.runs["good"].evaluation_path.read_text(encoding="utf-8").replace('"id": "', '"id": "x')
    run.evaluation_path.write_text(content, encoding="utf-8")
    state = home.state(picked=f"{home.ids('good')},{run.id}")
    runs = picked(state)
    shown = compared_card(runs, candidates(state, runs))
    assert "cannot be compared" in shown
    assert "Data, first digits of SHA-256" in shown
    home.store.delete(run.id)


def test_the_rows_that_differ_come_in_pages_with_both_answers(home: Home) -> None:
    state = home.state(picked=home.ids("bad", "good"))
    runs = candidates(state, picked(state))
    good, bad = home.runs["good"].id, home.runs["bad"].id
    shown = differing_rows(runs, Only(good, bad, 1))
    assert "9–16 of 57" in shown
    assert shown.count("<code>") == 8  # the answer of the bad one cannot be read
    assert "B answered" in shown
    assert "No row." not in differing_rows(runs, Only(bad, good))
    assert differing_rows(runs, None) == ""
    assert differing_rows(runs, Only(good, "nowhere")) == ""


def _inputs(folder: Path) -> tuple[Path, Path]:
    rows, tools = folder / "rows.csv", folder / "tools.json"
    rows.write_text("user_message,tool_calls\nx,[]\n", encoding="utf-8")
    tools.write_text("[]", encoding="utf-8")
    return rows, tools
