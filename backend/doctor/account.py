"""What an account on Hugging Face permits, tried with a private repository that goes away again: it costs nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

from huggingface_hub import HfApi, get_token

from backend.doctor.asking import asked
from backend.doctor.finding import Finding, Outcome, Watcher, check_all, failed, passed, unknown
from backend.doctor.leftovers import remove_dead
from backend.doctor.repository import Repository
from backend.doctor.visit import Visit
from backend.hub.errors import limit_waiting
from backend.jobs.huggingface.preflight import Check, preflight
from backend.runs.config import default_config

BASE = "google/functiongemma-270m-it"
LOGIN, LEFT, GONE = "Login", "Earlier checks", "Cleaning up"
PERMISSIONS = {"jobs": "Permission for jobs", "licence": "Licence of the base model"}
"""By preflight's codes; whether repositories may be made shows by making one."""
KINDS = {"write": "a token that may write", "read": "a token that may only read", "fineGrained": "a fine-grained token"}
NOT_LOGGED_IN = "The login could not be checked, so this was not."
STILL_THERE = "No repository was made, because the one of an earlier check is still there."
FREE = "Costs nothing: one private repository is made and deleted again."

Jobs = Callable[[Visit, Watcher], list[Finding]]
"""What is done with the account's jobs while the repository is there."""


@dataclass(slots=True)
class AccountFindings:
    """What was found of an account; `name` is its own, None if the login is of no use."""

    name: str | None = None
    free: list[Finding] = field(default_factory=list)
    jobs: list[Finding] = field(default_factory=list)


def local_token() -> str | None:
    """The token that `hf auth login` or HF_TOKEN left on this machine."""
    return get_token()


def check_account(token: str | None, watcher: Watcher, jobs: Jobs | None = None) -> AccountFindings:
    """Check the login and what it permits; `jobs` is called while the repository is there, with what costs money."""
    limit_waiting()
    login = _Login(token)
    found = AccountFindings()
    found.free += check_all([(LOGIN, login.check)], watcher)
    found.name = login.name
    found.free += check_all(login.permissions(), watcher)
    if login.name is None or token is None:
        titles = (LEFT, *Repository.TITLES)
        found.free += check_all([(title, partial(unknown, title, NOT_LOGGED_IN)) for title in titles], watcher)
        return found
    found.free += check_all([(LEFT, lambda: check_left(login.name or "", token))], watcher)
    if found.free[-1].outcome is Outcome.FAILED:  # another one could not be deleted either
        found.free += check_all([(title, partial(unknown, title, STILL_THERE)) for title in Repository.TITLES], watcher)
        return found
    visit = Visit(login.name, token)
    try:
        with visit:
            repository = Repository(visit)
            found.free += check_all(repository.checks(), watcher)
            if jobs is not None:
                found.jobs += jobs(visit, watcher)
            found.free += check_all(repository.last_checks(), watcher)
    except BaseException:  # asked to end: what stays behind must be told all the same
        if visit.trouble:
            watcher.found(failed(GONE, "; ".join(visit.trouble), "The next check of this account tries again."))
        raise
    return found


def check_left(account: str, token: str) -> Finding:
    """Remove what earlier doctors left that were killed."""
    removed, trouble = remove_dead(account, token)
    if trouble:
        return failed(LEFT, "; ".join(trouble), "Delete it there by hand.")
    if removed:
        return passed(LEFT, f"What a check that was ended had left is removed: {', '.join(removed)}.")
    return passed(LEFT, "Nothing was left behind.")


class _Login:
    """The token's owner, and what the Hub says that it permits."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.name: str | None = None

    def check(self) -> Finding:
        """Who the token's owner is, of which kind it is, and when it ends."""
        if not self._token:
            then = "Log in with `hf auth login`, or set HF_TOKEN, then check again."
            return failed(LOGIN, "Nobody is logged in with Hugging Face here.", then)
        return asked(LOGIN, self._who, "Log in again with `hf auth login`, or set HF_TOKEN to a valid token.")

    def _who(self) -> Finding:
        account = HfApi(token=self._token or False).whoami(token=self._token)
        self.name = str(account["name"])
        auth = account.get("auth") or {}
        return passed(LOGIN, f"{self.name}, by {_kind(auth)}; {_end(auth)}.")

    def permissions(self) -> list[tuple[str, Callable[[], Finding]]]:
        """A check for each permission."""
        return [(title, partial(self._permission, code, title)) for code, title in PERMISSIONS.items()]

    def _permission(self, code: str, title: str) -> Finding:
        if self.name is None:
            return unknown(title, NOT_LOGGED_IN)
        check = self._checks.get(code)
        if check is None:
            return unknown(title, "The Hub did not say.")
        if check.ok:
            return passed(title, check.message)
        then = f"See {check.link}." if check.link else ""
        return unknown(title, check.message, then) if check.ok is None else failed(title, check.message, then)

    @cached_property
    def _checks(self) -> Mapping[str, Check]:
        """What preflight says, as before every job."""
        return {check.code: check for check in preflight(self._token, default_config(BASE), self.name or "")}


def _kind(auth: Mapping[str, Any]) -> str:
    if auth.get("type") == "oauth":
        return "a login of this app"
    role = (auth.get("accessToken") or {}).get("role")
    return KINDS.get(str(role), "a token of a kind that is not known here")


def _end(auth: Mapping[str, Any]) -> str:
    """When the login ends, as far as the Hub says."""
    told = auth.get("expiresAt") or (auth.get("accessToken") or {}).get("expiresAt")
    try:
        ends = datetime.fromisoformat(str(told))
    except ValueError:
        return "the Hub does not say when it ends"
    hours = (ends.astimezone(UTC).timestamp() - time.time()) / 3600
    return f"it ends at {ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC, in {hours:.1f} hours"
