"""Who an agent is: the owner of the token that it sends, and whose token its jobs use."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request

from tests.hub.loopback import LoopbackHub
from ui.services import Tenants
from ui.services.agent_tokens import MOST_REFUSED, RefusedTokens, bearer_token


def request_of(token: str | None, session_token: str | None = None) -> Request:
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    session = {"oauth_info": {"access_token": session_token}} if session_token else {}
    return Request({"type": "http", "session": session, "headers": headers})


@pytest.fixture
def shared(hub_server: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tenants:
    hub_server.reset()
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "owner/trainer")
    return Tenants(tmp_path)


def test_an_agent_is_the_owner_of_its_token(shared: Tenants, hub_server: LoopbackHub) -> None:
    token = hub_server.world.add_user("ada")
    assert shared.agent_services(request_of(token)).identity.name == "ada"
    assert shared.agent_services(request_of(None)).identity.visitor
    assert shared.agent_services(request_of(None, session_token=token)).identity.visitor
    assert shared.services(request_of(token)).identity.visitor
    assert shared.services(request_of(None, session_token=token)).identity.name == "ada"


def test_a_refused_token_says_why(shared: Tenants) -> None:
    identity = shared.agent_services(request_of("hf_" + "x" * 34)).identity
    assert identity.visitor
    assert identity.problem


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer x", "Basic hf_aaaaaaaaaa", "Bearer a b c d e f g h", "Bearer " + "a" * 9_000]
)
def test_what_is_no_token_is_none(sent: str) -> None:
    assert bearer_token(Headers({"authorization": sent})) is None


def test_refused_tokens_count_for_their_address() -> None:
    refused = RefusedTokens()
    for _ in range(MOST_REFUSED):
        assert not refused.too_many("one")
        refused.add("one")
    assert refused.too_many("one")
    assert not refused.too_many("two")


def test_the_jobs_of_an_agent_use_its_own_token(shared: Tenants, hub_server: LoopbackHub) -> None:
    """Not that of a page of the same account, which may be allowed more; nor does the page get the agent's."""
    page, agent = hub_server.world.add_user("ada"), hub_server.world.add_user("ada", "read")
    of_page = shared.services(request_of(None, session_token=page))
    of_agent = shared.agent_services(request_of(agent))
    assert of_agent.runner._jobs._token() == agent
    assert of_page.runner._jobs._token() == page
    assert (of_page.store, of_page.offers) == (of_agent.store, of_agent.offers)
    assert shared._accounts()["ada"].token == page
