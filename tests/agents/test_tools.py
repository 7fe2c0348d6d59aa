"""The tools that an agent finds on a laptop, and their answers."""

from __future__ import annotations

import base64
import json

import pytest

from backend.runs import Run
from tests.agents.client import Agent
from tests.attacks.conftest import Target
from tests.conftest import ROOT

NAMES = ["import_data", "validate", "fix", "estimate", "start", "status", "cancel", "evaluate", "export"]
TOOLS = (ROOT / "examples/tools.json").read_text(encoding="utf-8")
ROWS = (ROOT / "examples/hiking.csv").read_text(encoding="utf-8")
LINE = '" Where is water? ","[{""name"": ""find_nearby_place"", ""args"": {""query"": ""water""}}]"\n'
UNKNOWN = '"Stop","[{""name"": ""stop_walking"", ""args"": {}}]"\n'


def test_every_tool_is_described_with_its_arguments(agent: Agent) -> None:
    tools = agent.tools()
    assert list(tools) == [*NAMES, "compare_runs", "predict", "kit"]
    for tool in tools.values():
        assert tool.description
        assert len(tool.description) > 60
        described = tool.inputSchema["properties"]
        assert [name for name, schema in described.items() if not schema.get("description")] == []
        assert not any(schema["description"].endswith((",", " or", " a", " such as")) for schema in described.values())
    assert tools["start"].inputSchema["properties"]["where"]["enum"] == ["here", "jobs"]
    assert tools["predict"].inputSchema["required"] == ["run", "message"]


def test_the_server_says_what_it_is_for(agent: Agent) -> None:
    found = agent.introduced()
    assert found.serverInfo.name == "FunctionGemma Trainer"
    assert "import_data, validate, fix" in (found.instructions or "")
    assert (found.capabilities.resources, found.capabilities.prompts) == (None, None)


def test_data_is_imported_checked_and_fixed(agent: Agent) -> None:
    imported = agent.call("import_data", rows=ROWS + LINE + UNKNOWN, tools=TOOLS).found
    assert imported["page"] == f"?data={imported['data']}&step=data"
    checked = agent.call("validate", data=imported["data"]).found
    assert not checked["ok"]
    assert checked["counts"]["error"] == 1
    assert checked["safely_fixable"] == 1
    assert {"message-outer-space", "calls-unknown-tool"} <= {issue["code"] for issue in checked["issues"]}
    planned = agent.call("fix", data=imported["data"]).found
    (change,) = planned["changes"]
    assert (change["before"], change["after"], change["line"]) == (" Where is water? ", "Where is water?", 982)
    assert "data" not in planned
    fixed = agent.call("fix", data=imported["data"], apply=True).found
    left_out = agent.call("fix", data=fixed["data"], code="leave-out", apply=True).found
    assert left_out["rows_dropped"] == 1
    assert left_out["changes"][0]["after"] is None
    assert agent.call("validate", data=left_out["data"]).found["ok"]
    assert not agent.call("validate", data=imported["data"]).found["ok"]


def test_other_formats_are_read(agent: Agent) -> None:
    message = {"role": "user", "content": "Where is water?"}
    call = {"type": "function", "function": {"name": "find_nearby_place", "arguments": '{"query": "water"}'}}
    chat = {"messages": [message, {"role": "assistant", "tool_calls": [call]}], "tools": json.loads(TOOLS)}
    lines = "\n".join(json.dumps(chat) for _ in range(3))
    encoded = base64.b64encode(lines.encode()).decode()
    found = agent.call("import_data", rows=encoded, name="chat.jsonl", encoding="base64").found
    assert "3 rows, 5 tools" in found["read"][0]
    assert agent.call("validate", data=found["data"]).found["rows"] == 3


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("import_data", {"rows": ROWS}, "tools.json"),
        ("import_data", {"rows": "=", "encoding": "base64"}, "not valid base64"),
        ("validate", {"data": ""}, "Name the data by the id"),
        ("fix", {"data": "example", "code": "no-such-rule"}, "'no-such-rule' names no fix"),
        ("estimate", {"data": "example", "settings": {"epoch": 1}}, "There is no setting 'epoch'"),
        ("estimate", {"data": "example", "settings": {"epochs": -1}}, "epochs"),
        ("estimate", {"data": "example", "where": "jobs"}, "Log in with Hugging Face"),
        ("start", {"data": "example", "settings": {"declarations": "some"}}, "declarations"),
        ("start", {"data": "example", "confirmation": "1"}, "Nothing was started"),
        ("status", {"run": "20000101-000000-0000"}, "There is no run"),
        ("evaluate", {"run": ""}, "Name a run by its id"),
        ("export", {"run": "x", "weights": "int1"}, "'int1' is not a known recipe"),
        ("compare_runs", {"runs": ["x"]}, "Name from 2 to 6 different runs, not 1"),
        ("compare_runs", {"runs": ["x", "../y"]}, "'x'"),
        ("predict", {"run": "x"}, "'message' is a required property"),
        ("validate", {"data": 7}, "7 is not of type 'string'"),
        ("delete_everything", {}, "Unknown tool"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(agent: Agent, tool: str, arguments: dict[str, object], told: str) -> None:
    reply = agent.call(tool, **arguments)
    assert told in reply.error, reply


def test_an_estimate_starts_nothing(agent: Agent, laptop: Target) -> None:
    before = agent.call("status").found
    found = agent.call("estimate", data="example", settings={"max_examples": 40, "epochs": 1}).found
    assert found["state"] == "estimate"
    assert found["steps"] > 0
    assert agent.call("status").found == before
    assert len(list(laptop.home.glob("*/run.json"))) == before["runs_in_all"]


def test_a_finished_run_is_reported_in_numbers(agent: Agent, laptop: Target, exported_run: Run) -> None:
    name = laptop.app.keep(exported_run, "finished").name
    status = agent.call("status", run=name).found
    assert status["stages"]["export"]["state"] == "done"
    exported = agent.call("export", run=name).found
    assert (exported["state"], exported["verdict"]) == ("done", "passed")
    assert exported["download"] == f"runs/{name}/{exported['file']}"
    answer = agent.call("predict", run=name, message="Where can I fill my bottle?").found
    assert answer["error"] is None
    assert agent.call("predict", run=name, message="x" * 2_001).found["error"].startswith("The message has 2,001")
    kit = agent.call("kit", run=name).found
    assert {"FunctionGemma.kt", "tools_android.json", "README.md"} == set(kit["files"])
    assert kit["downloads"] == [f"runs/{name}/android-kit.zip", f"runs/{name}/android-project.zip"]
