"""Who a token belongs to and what it permits: users, roles, fine-grained permissions, OAuth scopes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from tests.hub.refusal import Refusal

WRITING = {"write": True, "read": False}
OAUTH_WRITING = {"contribute-repos", "write-repos", "manage-repos"}


@dataclass(frozen=True)
class Token:
    """One token; `role` is write, read, fineGrained (with `permissions` on the user's own namespace) or oauth."""

    user: str
    role: str
    permissions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()

    @property
    def may_write(self) -> bool:
        """Whether repositories may be changed with it."""
        if self.role == "oauth":
            return bool(OAUTH_WRITING & set(self.scopes))
        return WRITING.get(self.role, "repo.write" in self.permissions)

    @property
    def may_run_jobs(self) -> bool:
        """Whether jobs may be seen and run with it."""
        if self.role == "oauth":
            return "jobs" in self.scopes
        return WRITING.get(self.role, "job.write" in self.permissions)

    @property
    def may_read_gated(self) -> bool:
        """Whether gated repositories may be read with it, where their terms are accepted."""
        return self.role != "oauth" or "gated-repos" in self.scopes

    def auth(self) -> dict[str, Any]:
        """What whoami says of it."""
        if self.role == "oauth":
            return {"type": "oauth", "expiresAt": "2027-01-01T00:00:00.000Z"}
        named: dict[str, Any] = {"displayName": "test", "role": self.role}
        if self.role == "fineGrained":
            entity = {"_id": self.user, "type": "user", "name": self.user}
            scoped = [{"entity": entity, "permissions": list(self.permissions)}]
            named["fineGrained"] = {"canReadGatedRepos": True, "global": [], "scoped": scoped}
        return {"type": "access_token", "accessToken": named}


@dataclass
class Accounts:
    """All tokens, and whether their users have a way to pay."""

    tokens: dict[str, Token] = field(default_factory=dict)
    paying: set[str] = field(default_factory=set)

    def add(self, name: str, role: str = "write", permissions: tuple[str, ...] = ()) -> str:
        """A new token of a user."""
        text = "hf_" + secrets.token_hex(17)
        self.tokens[text] = Token(name, role, permissions)
        return text

    def add_oauth(self, name: str, scopes: tuple[str, ...]) -> str:
        """A new OAuth token of a user."""
        text = "hf_oauth_" + secrets.token_urlsafe(48)
        self.tokens[text] = Token(name, "oauth", scopes=scopes)
        return text

    @property
    def users(self) -> list[str]:
        """Every user, once."""
        return sorted({token.user for token in self.tokens.values()})

    def token(self, authorization: str | None) -> Token | None:
        """The token of a request, None where it has none; a Refusal where it is nobody's."""
        if not authorization:
            return None
        found = self.tokens.get(authorization.removeprefix("Bearer "))
        if found is None:
            raise Refusal(401, "Invalid credentials in Authorization header")
        return found

    def whoami(self, authorization: str | None) -> dict[str, Any]:
        """The answer of whoami-v2."""
        token = self.token(authorization)
        if token is None:
            raise Refusal(401, "Invalid username or password.")
        user = token.user
        facts = {"type": "user", "id": user, "name": user, "fullname": user, "isPro": False, "orgs": []}
        paying = {"canPay": True} if user in self.paying else {}
        return {**facts, **paying, "auth": token.auth()}

    def may_run_jobs(self, namespace: str, authorization: str | None) -> Token:
        """The token, where it may see and run the jobs of the namespace; else a Refusal."""
        token = self.token(authorization)
        if token is None:
            raise Refusal(401, "Invalid username or password.")
        if token.user != namespace or not token.may_run_jobs:
            raise Refusal(403, f"You don't have the permission to run jobs under the namespace {namespace!r}")
        return token
