"""Agents that ask for what is not theirs, spend what nobody confirmed, or send too much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from backend.runs import FolderStore, RunConfig
from tests.agents.client import ROUTE, Agent
from tests.agents.test_tools import ROWS, TOOLS
from tests.attacks.conftest import Target
from tests.attacks.orders import ordered
from tests.attacks.outsider import Outsider
from tests.attacks.vault import serve_decoy
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import MACHINE
from tests.waiting import wait_until

JOB: dict[str, Any] = {"data": "example", "where": "jobs", "machine": MACHINE, "then": "stop"}
OF_A_RUN = ("status", "cancel", "evaluate", "export", "predict", "kit")
PATHS = ("../ada", "../../.accounts/ada", "/etc/passwd", "..", ".", "%2e%2e", "\0", "x/../..", "example")
FEW = {"max_examples": 40, "epochs": 1}


@pytest.fixture(scope="module")
def people(space: Target, hub_server: LoopbackHub) -> Iterator[dict[str, Agent]]:
    """Agents of ada and eve, and one without a token."""
    hub_server.jobs.scheduling = 600.0
    tokens = {name: hub_server.world.add_user(name) for name in ("ada", "eve")}
    yield {**{name: Agent(space.url, token) for name, token in tokens.items()}, "visitor": Agent(space.url)}
    hub_server.jobs.reset()


@pytest.fixture(scope="module")
def owned(space: Target, people: dict[str, Agent]) -> dict[str, str]:
    """A run and data of ada's, each with a secret in it."""
    vault = space.vault()
    secret = vault.secret("ada's rows")
    row = f'"{secret}","[{{""name"": ""get_weather"", ""args"": {{""query"": ""now""}}}}]"\n'
    data = people["ada"].call("import_data", rows=ROWS + row, tools=TOOLS).found["data"]
    rows = space.temporary / "ada.csv"
    rows.write_text(ROWS + row, encoding="utf-8")
    run = FolderStore(space.home / ".accounts/ada").create(RunConfig(), rows, ROOT / "examples/tools.json", secret)
    (run.path / "evaluation.json").write_text(json.dumps({"secret": secret}), encoding="utf-8")
    rows.unlink()
    return {"run": run.id, "data": data, "secret": secret}


@pytest.mark.parametrize("name", ["eve", "visitor"])
@pytest.mark.parametrize("tool", OF_A_RUN)
def test_nobody_reaches_a_run_of_another(
    tool: str, name: str, people: dict[str, Agent], owned: dict[str, str], space: Target
) -> None:
    folder = space.home / ".accounts/ada" / owned["run"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    message = {"message": "a message"} if tool == "predict" else {}
    for run in (owned["run"], *(f"{path}/{owned['run']}" for path in PATHS), *PATHS):
        reply = people[name].call(tool, run=run, **message)
        assert reply.error
        assert owned["secret"] not in reply.error
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert owned["secret"] in json.dumps(people["ada"].call("status", run=owned["run"]).found)


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_lists_the_runs_of_another(name: str, people: dict[str, Agent], owned: dict[str, str]) -> None:
    assert owned["run"] in json.dumps(people["ada"].call("status").found)
    assert owned["run"] not in json.dumps(people[name].call("status").found)


@pytest.mark.parametrize("name", ["eve", "visitor"])
def test_nobody_reads_data_of_an_account(name: str, people: dict[str, Agent], owned: dict[str, str]) -> None:
    for tool in ("validate", "fix", "estimate", "start"):
        for data in (owned["data"], *(f"{path}/{owned['data']}" for path in PATHS[:-1]), *PATHS[:-1]):
            reply = people[name].call(tool, data=data)
            assert reply.error
            assert owned["secret"] not in reply.error


def test_without_a_login_data_is_checked_and_nothing_is_started(people: dict[str, Agent], space: Target) -> None:
    visitor, before = people["visitor"], ordered(space.home)
    data = visitor.call("import_data", rows=ROWS, tools=TOOLS).found["data"]
    assert visitor.call("validate", data=data).found["ok"]
    assert visitor.call("fix", data=data).found["changes"] == []
    for tool, arguments in (
        ("start", {"data": data}),
        ("start", {**JOB, "data": data, "machine": None}),
        ("estimate", {**JOB, "data": data}),
        ("cancel", {"run": "x"}),
    ):
        arguments = {
            name: value
            for name, value in arguments.items()
            if value is not None and (tool, name) != ("start", "machine")
        }
        assert "needs a login" in visitor.call(tool, **arguments).error
    assert ordered(space.home) == before


def test_a_job_needs_the_confirmation_of_its_own_price(
    people: dict[str, Agent], space: Target, hub_server: LoopbackHub
) -> None:
    ada, before = people["ada"], ordered(space.home)
    start = {name: value for name, value in JOB.items() if name != "machine"}
    asked = ada.call("estimate", **JOB, settings=FEW).found
    assert asked["dollars_at_most"] > 0
    assert MACHINE in [machine["name"] for machine in asked["machines"]]
    offer, _, secret = asked["confirmation"].partition(".")
    forged = ["", "yes", offer, f"{offer}.", f"{offer}.{'A' * len(secret)}", f"{'0' * len(offer)}.{secret}", secret]
    for confirmation in forged:
        assert "Nothing was started" in ada.call("start", **start, confirmation=confirmation).error
    other = ada.call("import_data", rows=ROWS + ROWS.splitlines()[1] + "\n", tools=TOOLS).found["data"]
    assert "Nothing was started" in ada.call("start", data=other, confirmation=asked["confirmation"]).error
    for name in ("eve", "visitor"):
        assert people[name].call("start", **start, confirmation=asked["confirmation"]).error
    assert "where=jobs" in ada.call("start", data="example").error
    assert ordered(space.home) == before
    assert hub_server.jobs.asked == []

    run = ada.call("start", **start, confirmation=asked["confirmation"]).found["run"]
    assert ada.call("start", **start, confirmation=asked["confirmation"]).found["run"] == run
    assert ordered(space.home) - before == {run}
    wait_until(lambda: len(hub_server.jobs.asked) == 1)
    wait_until(lambda: ada.call("status", run=run).found["stages"]["train"]["state"] in ("queued", "running"))
    assert "not trained yet" in ada.call("evaluate", run=run).error
    assert people["eve"].call("cancel", run=run).error
    assert ada.call("cancel", run=run).found["cancelling"] == ["train"]
    wait_until(lambda: ada.call("status", run=run).found["stages"]["train"]["state"] == "cancelled")


def test_a_price_of_the_page_is_not_confirmed_by_an_agent(people: dict[str, Agent], space: Target) -> None:
    """The names of a page's offer and of its token are no confirmation."""
    before = ordered(space.home)
    for page in ("A" * 32, "agent"):
        assert people["ada"].call("start", data="example", confirmation=f"{'a' * 16}.{page}").error
    assert ordered(space.home) == before


def test_a_token_that_may_only_read_starts_no_job(
    space: Target, hub_server: LoopbackHub, people: dict[str, Agent]
) -> None:
    """Also while ada's other agent has a token that may."""
    assert people["ada"].call("status").found
    reader = Agent(space.url, hub_server.world.add_user("ada", "read"))
    before = ordered(space.home)
    asked = reader.call("estimate", **JOB, settings=FEW).found
    assert "confirmation" not in asked
    assert [check for check in asked["checks"] if check["ok"] is False] != []
    assert ordered(space.home) == before


def test_a_cookie_is_no_login_for_an_agent(space: Target) -> None:
    """So no web page acts as the visitor of a browser."""
    browser = Outsider(space.url)
    browser.get("")
    browser.log_in("ada")
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert "needs a login" in Agent(space.url, headers={"Cookie": jar}).call("start", data="example").error


def test_tokens_of_nobody_are_refused_and_then_not_asked(space: Target, hub_server: LoopbackHub) -> None:
    """At most 20 in an hour are asked of the Hub."""
    address = {"X-Forwarded-For": "203.0.113.9"}
    for number in range(25):
        error = Agent(space.url, f"hf_nobody{number:030d}", address).call("cancel", run="x").error
        assert "needs a login" in error
    assert "Too many tokens" in error
    asked = len([line for line in hub_server.trace if "whoami" in line])
    assert Agent(space.url, "hf_" + "n" * 30, address).call("cancel", run="x").error
    assert len([line for line in hub_server.trace if "whoami" in line]) == asked


def test_fifty_megabytes_are_refused(laptop: Target, agent: Agent) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    params = {"name": "import_data", "arguments": {"rows": "x" * 50_000_000}}
    reply = Outsider(laptop.url).post(ROUTE, json={**body, "params": params}, headers=_ACCEPTED)
    assert reply.status_code == 413
    assert "3,000,000 characters" in agent.call("import_data", rows="x" * 3_000_001, tools=TOOLS).error
    assert agent.call("validate", data="example").found["ok"]


_ACCEPTED = {"Accept": "application/json, text/event-stream"}


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_web_pages_are_refused(headers: dict[str, str], laptop: Target) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert Outsider(laptop.url).post(ROUTE, json=body, headers={**_ACCEPTED, **headers}).status_code == 403
    assert Outsider(laptop.url).post(ROUTE, json=body, headers={**_ACCEPTED, "Host": "evil.test"}).status_code == 403


@pytest.mark.parametrize("path", ["schema", "sse", "messages/", "http", "x"])
def test_only_one_address_is_served(path: str, laptop: Target) -> None:
    outsider = Outsider(laptop.url)
    assert outsider.get(f"{ROUTE}/{path}").status_code == 404
    assert outsider.post(f"{ROUTE}/{path}", json={}).status_code == 404
    for method, status in (("GET", 405), ("HEAD", 405), ("DELETE", 404), ("PUT", 404)):
        assert outsider.ask(method, ROUTE, headers=_ACCEPTED).status_code == status


@pytest.mark.parametrize("method", ["resources/list", "resources/read", "prompts/list", "prompts/get"])
def test_no_request_makes_the_app_fetch_an_address(method: str, laptop: Target) -> None:
    """Gradio's own answers would ask the address in these headers."""
    decoy = serve_decoy("{}", "application/json")
    headers = {**_ACCEPTED, "X-Forwarded-Host": decoy.url.removeprefix("http://"), "X-Forwarded-Proto": "http"}
    params = {"uri": "x://y", "name": "x"}
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply = Outsider(laptop.url).post(ROUTE, json=body, headers=headers)
    assert "Method not found" in reply.text
    assert decoy.asked == []
    decoy.stop()


def test_a_file_of_the_server_is_not_read(laptop: Target, agent: Agent) -> None:
    vault = laptop.vault()
    path = vault.bait("a file of the server")
    given = {"path": str(path), "meta": {"_type": "gradio.FileData"}}
    replies = [agent.call("import_data", rows=text, tools=TOOLS) for text in (str(path), json.dumps(given))]
    replies += [agent.call(tool, data=str(path)) for tool in ("validate", "fix", "start")]
    replies.append(agent.call("start", data="example", settings={"declarations": given}))
    assert all(reply.error for reply in replies[1:])
    text = replies[0].found["data"]  # the path is read as the text of a CSV
    assert not agent.call("validate", data=text).found["ok"]
    assert vault.taken([json.dumps([reply.value, reply.error]) for reply in replies]) == []


def test_one_agent_does_not_take_all_turns(people: dict[str, Agent]) -> None:
    """The others are answered while one sends many calls at once."""
    big = "".join(f'"message {number}","[]"\n' for number in range(40_000))

    def load(number: int) -> str:
        return people["eve"].call("import_data", rows=ROWS + big + f'"{number}","[]"\n', tools=TOOLS).error

    with ThreadPoolExecutor(8) as pool:
        pending = [pool.submit(load, number) for number in range(8)]
        assert people["visitor"].call("validate", data="example").found["ok"]
        errors = [one.result() for one in pending]
    assert any("as many calls as it can" in error for error in errors)


def test_a_folder_of_the_server_is_no_base_on_a_space(people: dict[str, Agent], tmp_path: Path) -> None:
    reply = people["ada"].call("estimate", **JOB, base_model=str(tmp_path))
    assert "is not the name of a model on the Hub" in reply.error
