"""Checks what an account on Hugging Face permits, with a private repository that is deleted again; it is free."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any

from huggingface_hub import HfApi, get_token

from backend.doctor.finding import Finding, Outcome, Stopped, Watcher, check_all, failed, passed, unknown
from backend.doctor.hub.hub_finding import hub_finding
from backend.doctor.hub.leftovers import fixed_repo_exists, fixed_repo_of, remove_dead, remove_fixed_repo
from backend.doctor.hub.repository import FILLED, Repository, stays
from backend.doctor.hub.visit import Visit
from backend.hub import limit_waiting
from backend.jobs.huggingface import Check, preflight
from backend.runs import default_config

BASE = "google/functiongemma-270m-it"
LOGIN, LEFT, GONE = "Login", "Earlier checks", "Cleaning up"
PERMISSIONS = {"jobs": "Permission for jobs", "licence": "Licence of the base model"}
"""The titles of preflight's codes; the permission for repositories is checked by making one."""
KINDS = {"write": "a token that may write", "read": "a token that may only read", "fineGrained": "a fine-grained token"}
NOT_LOGGED_IN = "Not checked, because the login could not be checked."
STILL_THERE = "No repository was made, because the repository of an earlier check still exists."
FREE = (
    "This check is free. It makes one private repository and deletes it again. If the login may not delete it, later "
    "checks use it again."
)
REMOVING = "Removing test files …"

Jobs = Callable[[Visit, Watcher], list[Finding]]
"""The checks of the account's jobs, which run while the repository exists."""


@dataclass(slots=True)
class AccountFindings:
    """The findings about an account; `name` is its user name, None if the login is not valid."""

    name: str | None = None
    free: list[Finding] = field(default_factory=list)
    jobs: list[Finding] = field(default_factory=list)


def local_token() -> str | None:
    """Returns the token of `hf auth login` or HF_TOKEN on this machine, None if there is none."""
    return get_token()


def check_account(
    token: str | None, watcher: Watcher, jobs: Jobs | None = None, found: AccountFindings | None = None
) -> AccountFindings:
    """Checks the login and its permissions; adds the findings to `found` and returns it.

    `jobs` runs the checks that cost money. It is called while the repository exists, if the login permits jobs and the
    upload succeeded.
    """
    limit_waiting()
    login = _Login(token)
    found = AccountFindings() if found is None else found
    found.free += check_all([(LOGIN, login.check)], watcher)
    found.name = login.name
    found.free += check_all(login.permissions(), watcher)
    if login.name is None or token is None:
        titles = (LEFT, *Repository.TITLES)
        found.free += check_all([(title, partial(unknown, title, NOT_LOGGED_IN)) for title in titles], watcher)
        return found
    name, reuses = login.name, not login.deletes
    found.free += check_all([(LEFT, lambda: check_leftovers(name, token, reuses=reuses))], watcher)
    if found.free[-1].outcome is Outcome.FAILED and not reuses:  # a new one could not be deleted either
        found.free += check_all([(title, partial(unknown, title, STILL_THERE)) for title in Repository.TITLES], watcher)
        return found
    visit = Visit(name, token, reuses=reuses, removing=partial(_report_removal, watcher))
    try:
        with visit:
            repository = Repository(visit)
            found.free += check_all(repository.checks(), watcher)
            if jobs is not None and _may_try_jobs(found.free):
                found.jobs += jobs(visit, watcher)
            found.free += check_all(repository.last_checks(), watcher)
    except BaseException:  # the checks end early: remaining objects are still reported
        if visit.stays:
            watcher.found(stays(visit.repo))
        if visit.problems:
            watcher.found(failed(GONE, "; ".join(visit.problems), "The next check of this account tries again."))
        raise
    return found


def _report_removal(watcher: Watcher) -> None:
    with suppress(Stopped):  # the checks already end
        watcher.doing(REMOVING)


def _may_try_jobs(free: list[Finding]) -> bool:
    """Whether no check refused jobs, and the repository has their files."""
    outcome = {finding.title: finding.outcome for finding in free}
    return outcome[PERMISSIONS["jobs"]] is not Outcome.FAILED and outcome[FILLED] is Outcome.PASSED


def check_leftovers(account: str, token: str, *, reuses: bool = False) -> Finding:
    """Removes the objects of earlier, killed doctors; with `reuses`, reports the repository of the fixed name."""
    removed, problems = remove_dead(account, token)
    if not reuses:
        kept, other_problems = remove_fixed_repo(account, token)
        removed, problems = [*removed, *kept], [*problems, *other_problems]
    if problems:
        return failed(LEFT, "; ".join(problems), "Delete it there yourself.")
    if reuses and fixed_repo_exists(account, token):
        return passed(LEFT, f"{fixed_repo_of(account)} of an earlier check exists, and is used again.")
    if removed:
        return passed(LEFT, f"Removed the files of a check that was ended early: {', '.join(removed)}.")
    return passed(LEFT, "No files of earlier checks are left.")


class _Login:
    """The token's owner, and its permissions by the Hub's record."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.name: str | None = None
        self.deletes = False
        """Whether tokens of this kind can always delete the repositories that they can make."""

    def check(self) -> Finding:
        """Returns the finding with the token's owner, its kind, and its expiry."""
        if not self._token:
            then = "Log in with `hf auth login`, or set HF_TOKEN, then check again."
            return failed(LOGIN, "Nobody is logged in to Hugging Face here.", then)
        return hub_finding(LOGIN, self._who, "Log in again with `hf auth login`, or set HF_TOKEN to a valid token.")

    def _who(self) -> Finding:
        account = HfApi(token=self._token or False).whoami(token=self._token)
        self.name = str(account["name"])
        auth = account.get("auth") or {}
        self.deletes = (auth.get("accessToken") or {}).get("role") in ("write", "read")
        return passed(LOGIN, f"{self.name}, with {_kind(auth)}; {_end(auth)}.")

    def permissions(self) -> list[tuple[str, Callable[[], Finding]]]:
        """Returns a check for each permission."""
        return [(title, partial(self._permission, code, title)) for code, title in PERMISSIONS.items()]

    def _permission(self, code: str, title: str) -> Finding:
        if self.name is None:
            return unknown(title, NOT_LOGGED_IN)
        check = self._checks.get(code)
        if check is None:
            return unknown(title, "The Hub does not report it.")
        if check.ok:
            return passed(title, check.message)
        then = f"See {check.link}." if check.link else ""
        return unknown(title, check.message, then) if check.ok is None else failed(title, check.message, then)

    @cached_property
    def _checks(self) -> Mapping[str, Check]:
        """The results of preflight, which also runs before every job, by code."""
        return {check.code: check for check in preflight(self._token, default_config(BASE), self.name or "")}


def _kind(auth: Mapping[str, Any]) -> str:
    if auth.get("type") == "oauth":
        return "a login of this app"
    role = (auth.get("accessToken") or {}).get("role")
    return KINDS.get(str(role), "a token of an unknown kind")


def _end(auth: Mapping[str, Any]) -> str:
    """Returns when the login expires, by the Hub's record."""
    expires = auth.get("expiresAt") or (auth.get("accessToken") or {}).get("expiresAt")
    try:
        ends = datetime.fromisoformat(str(expires))
    except ValueError:
        return "the Hub does not report when it expires"
    hours = (ends.astimezone(UTC).timestamp() - time.time()) / 3600
    return f"it expires at {ends.astimezone(UTC):%Y-%m-%d %H:%M} UTC, in {hours:.1f} hours"
