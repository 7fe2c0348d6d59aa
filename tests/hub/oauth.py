"""A small OpenID Connect provider in the loop-back Hub, for logging in as a Space does.

An app started with OPENID_PROVIDER_URL at the hub's address, and the environment that `space_environment` gives, shows
its login button; the page that follows has a button for each of the hub's users. Scopes and the length of a login are
those that the README asks for. It leaves out consent, PKCE's check, refusing scopes and addresses that the app has not
registered, refreshing, revoking and device codes.
"""

from __future__ import annotations

import base64
import contextlib
import html
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.hub.accounts import APP
from tests.hub.refusal import Refusal
from tests.hub.space_card import our_card, scopes_of

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route

CLIENT_ID, CLIENT_SECRET = APP, "loopback-space-secret"
SCOPES = scopes_of(our_card())
EXPIRES_SECONDS = our_card()["hf_oauth_expiration_minutes"] * 60


@contextlib.contextmanager
def two_people(hub: LoopbackHub) -> Iterator[dict[str, str]]:
    """A Hub where ada and eve have accounts that can pay; gives the environment of a Space there."""
    hub.reset()
    for name in ("ada", "eve"):
        hub.world.add_user(name)
        hub.world.accounts.paying.add(name)
    yield hub.oauth.space_environment()
    hub.reset()


@dataclass(frozen=True)
class Grant:
    """What a code stands for until it is changed into a token."""

    user: str
    redirect: str
    scopes: tuple[str, ...]
    nonce: str


class OpenIdProvider:
    """Logs the hub's users in; `login_as` skips the page where it is set.

    A token is good for `seconds`, as hf_oauth_expiration_minutes sets it on a Space (480 by itself, 43,200 at most).
    """

    def __init__(self, hub: LoopbackHub) -> None:
        self._hub = hub
        self._key = RSAKey.generate_key(2048, parameters={"kid": "loopback"}, private=True)
        self.login_as: str | None = None
        self.seconds = EXPIRES_SECONDS
        self._grants: dict[str, Grant] = {}

    def reset(self) -> None:
        """Forget who is logging in."""
        self.login_as, self.seconds = None, EXPIRES_SECONDS
        self._grants = {}

    def space_environment(self, scopes: str = SCOPES) -> dict[str, str]:
        """What a Space's app finds in its environment."""
        return {
            "SYSTEM": "spaces",
            "SPACE_ID": "loopback/space",
            "OAUTH_CLIENT_ID": CLIENT_ID,
            "OAUTH_CLIENT_SECRET": CLIENT_SECRET,
            "OAUTH_SCOPES": scopes,
            "OPENID_PROVIDER_URL": self._hub.endpoint,
        }

    def routes(self) -> list[Route]:
        """Every endpoint: method, path, handler."""
        return [
            ("GET", "/.well-known/openid-configuration", self._configuration),
            ("GET", "/oauth/authorize", self._authorize),
            ("POST", "/oauth/token", self._token),
            ("GET", "/oauth/userinfo", self._userinfo),
            ("GET", "/oauth/jwks", self._jwks),
        ]

    async def _configuration(self, _request: Request) -> Response:
        base = self._hub.endpoint
        return JSONResponse(
            {
                "issuer": base,
                "authorization_endpoint": f"{base}/oauth/authorize",
                "token_endpoint": f"{base}/oauth/token",
                "userinfo_endpoint": f"{base}/oauth/userinfo",
                "jwks_uri": f"{base}/oauth/jwks",
                "scopes_supported": SCOPES.split(),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def _authorize(self, request: Request) -> Response:
        """The login page, or where a user was chosen the way back to the app."""
        asked = request.query_params
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            raise Refusal(400, "invalid_request")
        user = asked.get("login") or self.login_as
        if user is None:
            return HTMLResponse(self._page(request))
        if user not in self._hub.world.accounts.users:
            raise Refusal(403, f"There is no user {user}")
        code = secrets.token_urlsafe(16)
        scopes = tuple(asked.get("scope", "").split())
        self._grants[code] = Grant(user, asked["redirect_uri"], scopes, asked.get("nonce", ""))
        joiner = "&" if "?" in asked["redirect_uri"] else "?"
        back = urlencode({"code": code, "state": asked.get("state", "")})
        return RedirectResponse(f"{asked['redirect_uri']}{joiner}{back}", 302)

    def _page(self, request: Request) -> str:
        links = "".join(
            f'<p><a href="{html.escape(str(request.url.include_query_params(login=user)))}">{html.escape(user)}</a></p>'
            for user in self._hub.world.accounts.users
        )
        return f"<!doctype html><title>Log in</title><h1>Log in as</h1>{links}"

    async def _token(self, request: Request) -> Response:
        """An access token and an id token for a code, once."""
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        pair = base64.b64decode(given).decode() if given else f"{form.get('client_id')}:{form.get('client_secret')}"
        grant = self._grants.pop(form.get("code", ""), None)
        if pair != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return JSONResponse({"error": "invalid_client"}, 401)
        if grant is None or form.get("redirect_uri") != grant.redirect:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = self._hub.world.accounts.add_oauth(grant.user, grant.scopes, self.seconds)
        issued = int(time.time())
        times = {"iat": issued, "exp": issued + int(self.seconds), "auth_time": issued}
        claims = {"iss": self._hub.endpoint, "aud": CLIENT_ID, "nonce": grant.nonce, **times, **self._facts(grant.user)}
        return JSONResponse(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": int(self.seconds),
                "scope": " ".join(grant.scopes),
                "id_token": jwt.encode({"alg": "RS256", "kid": "loopback"}, claims, self._key),
            }
        )

    async def _userinfo(self, request: Request) -> Response:
        return JSONResponse(self._facts(self._hub.world.accounts.known(request.headers.get("authorization")).user))

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def _facts(self, user: str) -> dict[str, str]:
        page = f"{self._hub.endpoint}/{user}"
        return {"sub": user, "name": user, "preferred_username": user, "profile": page, "picture": f"{page}/avatar.png"}
