"""An agent compares the runs of its account, and no others."""

from __future__ import annotations

import pytest

from backend.runs import FolderStore, RunConfig
from tests.agents.client import Agent
from tests.agents.test_attacks import PATHS
from tests.attacks.conftest import Target
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.several_runs import several_runs

FILES = (ROOT / "examples/hiking.csv", ROOT / "examples/tools.json")


@pytest.fixture(scope="module")
def people(space: Target, hub_server: LoopbackHub) -> dict[str, Agent]:
    """Agents of ada and eve, and one without a token."""
    tokens = {name: hub_server.world.add_user(name) for name in ("ada", "eve")}
    return {**{name: Agent(space.url, token) for name, token in tokens.items()}, "visitor": Agent(space.url)}


def test_runs_are_compared_on_the_same_rows(agent: Agent, laptop: Target) -> None:
    runs = several_runs(FolderStore(laptop.home))
    found = agent.call("compare_runs", runs=[runs[name].id for name in ("bad", "good")]).found
    assert found["verdict"].startswith(f"good ({runs['good'].id}) is better than bad ({runs['bad'].id}). ")
    assert (found["rows"], found["best"]) == (120, runs["good"].id)
    (pair,) = found["against_best"]
    assert (pair["verdict"], pair["only_best_right"], pair["only_this_right"]) == ("worse", 57, 3)
    assert found["settings_that_differ"]["Epochs"] == {runs["bad"].id: "1", runs["good"].id: "30"}
    unmeasured = agent.call("compare_runs", runs=[runs["good"].id, runs["new"].id])
    assert f"These runs have no evaluation: {runs['new'].id}." in unmeasured.error


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_compares_the_runs_of_another(name: str, people: dict[str, Agent], space: Target) -> None:
    secret = space.vault().secret("the name of ada's runs")
    ids = [run.id for run in several_runs(FolderStore(space.home / ".accounts/ada"), secret).values()]
    assert people["ada"].call("compare_runs", runs=ids[:2]).found["rows"] == 120
    own = FolderStore(space.home / ".accounts/eve").create(RunConfig(), *FILES, "own") if name == "eve" else None
    for runs in (ids[:2], [own.id if own else ids[0], ids[1]], [f"../ada/{one}" for one in ids[:2]], [*PATHS[:2]]):
        reply = people[name].call("compare_runs", runs=runs)
        assert reply.error
        assert secret not in reply.error
