"""Who a token belongs to and what it permits: users, roles, fine-grained permissions, OAuth scopes, and when it ends.

OAuth scopes are as hub-docs' oauth.md words them. `read-repos` reads and lists the user's repositories, `write-repos`
writes them too, `manage-repos` also makes and deletes them. `contribute-repos` makes repositories and reaches only
those that the same app made. `gated-repos` reads public gated repositories, `jobs` is all of Jobs, and `read-billing`
is whether a payment method is set up, which says nothing about credit.

What no document says is a switch, and stands at the unkind side: whether a missing scope is answered 401, as was
reported for OAuth tokens (huggingface_hub#4972; "401 -> if JWT token without create repo scope" in its create_repo),
or 403; whether the listing shows an app its own private repositories under `contribute-repos`; and whether that scope
deletes them. A token that ended is answered 401 with the words that were reported for a user's token
('User Access Token "sd training" is expired', InvokeAI#7554); those for an OAuth token are not documented.

It leaves out organisations, refresh tokens, consent to a part of the scopes, and tokens for chosen repositories.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.hub.refusal import Refusal

APP = "loopback-space"
"""The OAuth client that logs users in."""
OAUTH_SECONDS = 8 * 3600.0
"""An OAuth token's life where nothing else is said ("default duration is 8 hours", hub-docs, spaces-oauth.md)."""
INVALID = "Invalid credentials in Authorization header"
READING, WRITING = {"read-repos", "write-repos", "manage-repos"}, {"write-repos", "manage-repos"}
CREATING, DELETING = {"contribute-repos", "manage-repos"}, {"manage-repos"}
NO_CREDIT = "Pre-paid credit balance is insufficient - add more credits to your account to use Jobs."


@dataclass(frozen=True)
class Token:
    """One token; `role` is write, read, fineGrained (with `permissions` on the user's own namespace) or oauth.

    `app` is the OAuth client that it was given to, `ends` is in unix seconds.
    """

    user: str
    role: str
    permissions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    app: str | None = None
    ends: float | None = None

    def may_read(self, made_by: str | None) -> bool:
        """Whether the user's private repositories may be read with it; `made_by` is the app that made this one."""
        if self.role == "oauth":
            return bool(READING & set(self.scopes)) or self._contributed(made_by)
        return self.role != "fineGrained" or bool({"repo.content.read", "repo.write"} & set(self.permissions))

    def may_write(self, made_by: str | None) -> bool:
        """Whether the user's repositories may be changed with it."""
        return self._may(WRITING, "repo.write") or self._contributed(made_by)

    @property
    def may_create(self) -> bool:
        """Whether repositories may be made with it."""
        return self._may(CREATING, "repo.write")

    @property
    def may_delete(self) -> bool:
        """Whether all of the user's repositories may be deleted with it."""
        return self._may(DELETING, "repo.write")

    @property
    def may_run_jobs(self) -> bool:
        """Whether jobs may be seen and run with it."""
        return self._may({"jobs"}, "job.write")

    @property
    def may_read_gated(self) -> bool:
        """Whether gated repositories may be read with it, where their terms are accepted."""
        return self.role != "oauth" or "gated-repos" in self.scopes

    @property
    def may_read_billing(self) -> bool:
        """Whether it tells if a payment method is set up."""
        return self.role != "oauth" or "read-billing" in self.scopes

    @property
    def over(self) -> bool:
        """Whether its time is over."""
        return self.ends is not None and time.time() >= self.ends

    def made(self, made_by: str | None) -> bool:
        """Whether it belongs to the app that made a repository."""
        return self.app is not None and self.app == made_by

    def _contributed(self, made_by: str | None) -> bool:
        return "contribute-repos" in self.scopes and self.made(made_by)

    def _may(self, scopes: set[str], permission: str) -> bool:
        if self.role == "oauth":
            return bool(scopes & set(self.scopes))
        return self.role == "write" or (self.role == "fineGrained" and permission in self.permissions)

    def auth(self) -> dict[str, Any]:
        """What whoami says of it."""
        if self.role == "oauth":
            return {"type": "oauth", "expiresAt": _moment(self.ends)}
        named: dict[str, Any] = {"displayName": "test", "role": self.role}
        if self.role == "fineGrained":
            entity = {"_id": self.user, "type": "user", "name": self.user}
            scoped = [{"entity": entity, "permissions": list(self.permissions)}]
            named["fineGrained"] = {"canReadGatedRepos": True, "global": [], "scoped": scoped}
        return {"type": "access_token", "accessToken": named}


@dataclass
class Accounts:
    """All tokens, whose users have a payment method (`paying`), and who has no credit left (`broke`).

    `missing_scope` is the status for an OAuth token that lacks a scope, `lists_app_repos` whether listings show an app
    its own private repositories under contribute-repos, `contributors_delete` whether that scope deletes them.
    """

    tokens: dict[str, Token] = field(default_factory=dict)
    paying: set[str] = field(default_factory=set)
    broke: set[str] = field(default_factory=set)
    missing_scope: int = 401
    lists_app_repos: bool = False
    contributors_delete: bool = False

    def add(self, name: str, role: str = "write", permissions: tuple[str, ...] = ()) -> str:
        """A new token of a user."""
        text = "hf_" + secrets.token_hex(17)
        self.tokens[text] = Token(name, role, permissions)
        return text

    def add_oauth(
        self, name: str, scopes: tuple[str, ...], seconds: float = OAUTH_SECONDS, app: str | None = APP
    ) -> str:
        """A new OAuth token of a user, good for so many seconds."""
        text = "hf_oauth_" + secrets.token_urlsafe(48)
        self.tokens[text] = Token(name, "oauth", (), scopes, app, time.time() + seconds)
        return text

    def end(self, text: str) -> None:
        """End a token now: nothing that asks with it from here on is answered."""
        self.tokens[text] = replace(self.tokens[text], ends=time.time())

    @property
    def users(self) -> list[str]:
        """Every user, once."""
        return sorted({token.user for token in self.tokens.values()})

    def token(self, authorization: str | None) -> Token | None:
        """The token of a request, None where it has none; a Refusal where it is nobody's, or ended."""
        if not authorization:
            return None
        kind, _, text = authorization.partition(" ")
        found = self.tokens.get(text) if kind == "Bearer" else None
        if found is None:
            raise Refusal(401, INVALID)
        if found.over:
            raise Refusal(401, 'User Access Token "test" is expired')
        return found

    def known(self, authorization: str | None) -> Token:
        """The token of a request that needs one; else a Refusal."""
        token = self.token(authorization)
        if token is None:
            raise Refusal(401, "Invalid username or password.")
        return token

    def refusal(self, token: Token, owner: str, doing: str) -> Refusal:
        """The answer to a token that may not do something under a namespace."""
        lacks_scope = token.role == "oauth" and token.user == owner
        return Refusal(self.missing_scope if lacks_scope else 403, f"You don't have {doing} under {owner!r}")

    def whoami(self, authorization: str | None) -> dict[str, Any]:
        """The answer of whoami-v2."""
        token = self.known(authorization)
        user = token.user
        facts = {"type": "user", "id": user, "name": user, "fullname": user, "isPro": False, "orgs": []}
        paying = {"canPay": user in self.paying} if token.may_read_billing else {}
        return {**facts, **paying, "auth": token.auth()}

    def may_run_jobs(self, namespace: str, authorization: str | None) -> Token:
        """The token, where it may see and run the jobs of the namespace; else a Refusal."""
        token = self.known(authorization)
        if token.user != namespace or not token.may_run_jobs:
            raise self.refusal(token, namespace, "the permission to run jobs")
        return token


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
