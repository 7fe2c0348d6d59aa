"""An agent that leads the starter from data to a verified file over MCP."""

from __future__ import annotations

import pytest

from tests.agents.client import Agent
from tests.agents.test_tools import ROWS, TOOLS

SETTINGS = {"max_examples": 60, "epochs": 15, "batch_size": 8, "lr": 2e-3, "off_topic_share": 0.2}
pytestmark = pytest.mark.slow
"""test_tools.py holds the tools, tests/jobs the stages."""


def test_an_agent_comes_to_a_verified_file(agent: Agent) -> None:
    data = agent.call("import_data", rows=ROWS, tools=TOOLS).found["data"]
    assert agent.call("validate", data=data).found["ok"]
    assert agent.call("estimate", data=data, settings=SETTINGS).found["seconds"] > 0
    started = agent.call("start", data=data, settings=SETTINGS, name="By an agent", then="stop").found
    run = started["run"]
    assert run in [one["run"] for one in agent.call("status").found["runs"]]
    trained = agent.until(run, "train")
    assert trained["stages"]["train"]["state"] == "done", trained
    assert "rows to train on" in trained["log"]
    assert agent.call("evaluate", run=run).found["state"] == "started"
    assert agent.until(run, "evaluate")["stages"]["evaluate"]["state"] == "done"
    evaluation = agent.call("evaluate", run=run).found
    assert evaluation["verdict"]["state"] in ("met", "not met", "undecided")
    assert evaluation["combined"]["low"] <= evaluation["combined"]["value"] <= evaluation["combined"]["high"]
    assert agent.call("export", run=run).found["state"] == "started"
    assert agent.until(run, "export")["stages"]["export"]["state"] == "done"
    exported = agent.call("export", run=run).found
    assert exported["verdict"] == "passed", exported["reason"]
    assert agent.call("predict", run=run, message="Where can I fill my bottle?").found["error"] is None
    assert "class" in agent.call("kit", run=run).found["files"]["FunctionGemma.kt"]


def test_a_training_is_cancelled(agent: Agent) -> None:
    run = agent.call("start", data="example", name="To be cancelled", then="export").found["run"]
    assert set(agent.call("cancel", run=run).found["cancelling"]) <= {"train", "evaluate", "export"}
    assert agent.until(run, "train")["stages"]["train"]["state"] == "cancelled"
    assert agent.until(run, "export")["stages"]["export"]["state"] in ("cancelled", "failed", "none")
