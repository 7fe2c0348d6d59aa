"""The visitor's identity: the only code that maps a request to an account."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
from huggingface_hub import get_token
from starlette.datastructures import Headers
from starlette.requests import Request

from backend.environment import on_space
from backend.errors import InputError
from backend.hub import Accounts
from backend.runs import read_json, write_json
from ui.guard import address_of
from ui.services.agent_tokens import TOO_MANY, RefusedTokens, bearer_token

LONGEST_LOGIN_SECONDS = 31 * 86_400.0
"""The longest duration of a login on the Hub, 43,200 minutes, and one day more."""


class EndedLogins:
    """The hashes of tokens that may no longer be used here, stored in a file so that they survive a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._until = _read(path)

    def add(self, token: str) -> None:
        """End a login; if the file cannot be written, only until the app restarts."""
        now = time.time()
        with self._lock:
            self._until = {key: until for key, until in self._until.items() if until > now}
            self._until[_digest(token)] = now + LONGEST_LOGIN_SECONDS
            try:
                write_json(self._path, self._until)
            except InputError:  # a logout must work on a full disk too
                return

    def __contains__(self, token: str) -> bool:
        return _digest(token) in self._until


def _read(path: Path) -> dict[str, float]:
    try:
        found = read_json(path)
    except InputError:  # the file does not exist yet, or is damaged
        return {}
    return {key: float(until) for key, until in found.items() if isinstance(until, int | float)}


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


LOGIN, LOGOUT = "login/huggingface", "logout"


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender of a request: `name` is a Hub user name, or None without a login; `token` is never stored.

    `machine` is True if the app runs only for the owner of this machine. `problem` is the reason why a login does not
    work. `page` is the loaded page that sent the request (ui/guard/browsers.py), None if unknown. `address` is the
    network address of the request. `ends` is the Unix time at which the login ends, None if unknown.
    """

    name: str | None = None
    token: str | None = field(default=None, repr=False)
    machine: bool = False
    problem: str | None = None
    page: str | None = None
    address: str = ""
    ends: float | None = None

    @property
    def visitor(self) -> bool:
        """Whether the sender uses a shared app without a login."""
        return self.name is None and not self.machine


class Authenticator:
    """Identifies the sender of a request.

    On a Space, the sender is the owner of the OAuth token in the signed session, and nothing else in the request
    counts. On a private machine, it is the machine's owner, with the token of `hf auth login` or HF_TOKEN if there is
    one. `ended` is the file with the hashes of ended logins.
    """

    def __init__(self, ended: Path) -> None:
        self.shared = on_space(os.environ)
        self._accounts = Accounts()
        self._ended = EndedLogins(ended)
        self._refused = RefusedTokens()

    def identify(self, request: gr.Request | Request | None) -> Identity:
        """The sender's identity; without a valid login, a visitor. Never raises."""
        return self._guest(request) if self.shared else self._owner()

    def identify_agent(self, request: gr.Request | Request | None, address: str) -> Identity:
        """The identity of an agent: on a shared app the owner of the token that it sends, else a visitor. Never raises.

        A browser adds no such token by itself, so no web site can act as a visitor here.
        """
        if not self.shared:
            return self._owner()
        token = bearer_token(Headers(headers_of(request)))
        if token is None or token in self._ended:
            return Identity()
        if self._refused.too_many(address):
            return Identity(problem=TOO_MANY)
        try:
            return Identity(self._accounts.name(token), token)
        except InputError as error:
            self._refused.add(address)
            return Identity(problem=str(error))

    def end(self, request: Request) -> str | None:
        """End the sender's login and return its token; None if nobody is logged in."""
        token = _session_token(request)
        if token is not None:
            self._ended.add(token)
        return token

    def _guest(self, request: gr.Request | Request | None) -> Identity:
        token = _session_token(request)
        if token is None or token in self._ended:
            return Identity()
        try:
            return Identity(self._accounts.name(token), token, ends=_session_end(request))
        except InputError as error:
            return Identity(problem=str(error))

    def _owner(self) -> Identity:
        token = get_token()
        name = self._accounts.name_if_known(token) if token else None
        return Identity(name, token if name else None, machine=True)


def _session_token(request: gr.Request | Request | None) -> str | None:
    """The OAuth token in the session that the app signed; None if it is missing or has expired."""
    token, ends = _oauth(request).get("access_token"), _session_end(request)
    return token if isinstance(token, str) and (ends is None or ends > time.time()) else None


def _session_end(request: gr.Request | Request | None) -> float | None:
    """The Unix time at which the session's login ends, None if unknown."""
    ends = _oauth(request).get("expires_at")
    return float(ends) if isinstance(ends, int | float) else None


def _oauth(request: gr.Request | Request | None) -> Mapping[str, Any]:
    """The login's data in the session; empty without a login."""
    info = _session(request).get("oauth_info")
    return info if isinstance(info, Mapping) else {}


def address_behind(request: gr.Request | Request | None, *, shared: bool) -> str:
    """The network address of the request; empty if there is no request."""
    scope = getattr(_underlying(request), "scope", None)
    return address_of(scope, Headers(scope=scope), shared=shared) if isinstance(scope, dict) else ""


def headers_of(request: gr.Request | Request | None) -> Mapping[str, str]:
    """The request's headers; empty if there is no request."""
    found = getattr(_underlying(request), "headers", None)
    return found if isinstance(found, Mapping) else {}


def _underlying(request: gr.Request | Request | None) -> Any:
    """The web framework's own request."""
    return getattr(request, "request", None) or request


def _session(request: gr.Request | Request | None) -> Mapping[str, Any]:
    scope = getattr(_underlying(request), "scope", None)
    found = scope.get("session") if isinstance(scope, Mapping) else None
    return found if isinstance(found, Mapping) else {}
