"""Logging in against the loop-back provider, with the client that gradio uses on a Space and set up as it sets it up.

tests/browser goes through gradio itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx2
import pytest
from authlib.integrations.starlette_client import OAuth
from fastapi import FastAPI, Request
from huggingface_hub import HfApi
from huggingface_hub.errors import HfHubHTTPError
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import Response
from starlette.testclient import TestClient

from tests.hub.loopback import LoopbackHub
from tests.hub.oauth import SCOPES


def space(hub: LoopbackHub) -> FastAPI:
    """The two routes of gradio/oauth.py (6.31.0)."""
    given, oauth, app = hub.oauth.space_environment(), OAuth(), FastAPI()
    oauth.register(
        name="huggingface",
        client_id=given["OAUTH_CLIENT_ID"],
        client_secret=given["OAUTH_CLIENT_SECRET"],
        client_kwargs={"scope": given["OAUTH_SCOPES"]},
        server_metadata_url=given["OPENID_PROVIDER_URL"] + "/.well-known/openid-configuration",
    )

    async def login(request: Request) -> Response:
        return await oauth.huggingface.authorize_redirect(request, "https://space.example/login/callback?_target_url=/")

    async def callback(request: Request) -> dict[str, Any]:
        return dict(await oauth.huggingface.authorize_access_token(request))

    app.add_api_route("/login/huggingface", login, response_model=None)
    app.add_api_route("/login/callback", callback)
    app.add_middleware(SessionMiddleware, secret_key="test", https_only=True)
    return app


def log_in(hub: LoopbackHub, user: str) -> dict[str, Any]:
    client = TestClient(space(hub), base_url="https://space.example", follow_redirects=False)
    page = httpx2.get(client.get("/login/huggingface").headers["location"])
    assert f">{user}</a>" in page.text
    back = httpx2.get(f"{page.url}&login={user}").headers["location"]
    found: dict[str, Any] = client.get(back).json()
    return found


def test_a_login_gives_a_token_with_the_scopes_that_were_asked_for(hub: LoopbackHub) -> None:
    for user in ("ada", "eve"):
        hub.world.add_user(user)
    hub.world.add_repo("ada/rides", {"train.csv": b"a"}, "dataset", private=True)
    ada, eve = log_in(hub, "ada"), log_in(hub, "eve")
    assert [found["userinfo"]["preferred_username"] for found in (ada, eve)] == ["ada", "eve"]
    assert ada["scope"].split() == SCOPES.split()
    api = HfApi(token=ada["access_token"])
    assert api.whoami()["auth"]["type"] == "oauth"
    assert list(api.list_jobs(namespace="ada")) == []
    assert list(api.list_datasets(author="ada")) == []  # the app did not make ada/rides

    other = HfApi(token=eve["access_token"])
    assert list(other.list_datasets(author="ada")) == []
    without = HfApi(token=hub.world.accounts.add_oauth("ada", ("openid", "profile")))
    for refused, status in ((other, "403"), (without, "401")):
        with pytest.raises(HfHubHTTPError, match=status):
            next(iter(refused.list_jobs(namespace="ada")), None)


def test_a_login_lasts_as_long_as_the_space_says(hub: LoopbackHub) -> None:
    hub.world.add_user("ada")
    hub.oauth.seconds = 3600.0
    found = log_in(hub, "ada")
    assert found["expires_in"] == 3600
    ends = datetime.fromisoformat(HfApi(token=found["access_token"]).whoami()["auth"]["expiresAt"])
    assert abs(ends.timestamp() - found["expires_at"]) < 5
