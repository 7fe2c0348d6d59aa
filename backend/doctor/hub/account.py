"""What an account on Hugging Face permits, tried with a private repository that goes away again: it costs nothing."""

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
from backend.doctor.hub.asking import asked
from backend.doctor.hub.leftovers import kept_is_there, kept_of, remove_dead, remove_kept
from backend.doctor.hub.repository import FILLED, Repository, stays
from backend.doctor.hub.visit import Visit
from backend.hub import limit_waiting
from backend.jobs.huggingface import Check, preflight
from backend.runs import default_config

BASE = "google/functiongemma-270m-it"
LOGIN, LEFT, GONE = "Login", "Earlier checks", "Cleaning up"
PERMISSIONS = {"jobs": "Permission for jobs", "licence": "Licence of the base model"}
"""By preflight's codes; whether repositories may be made shows by making one."""
KINDS = {"write": "a token that may write", "read": "a token that may only read", "fineGrained": "a fine-grained token"}
NOT_LOGGED_IN = "The login could not be checked, so this was not."
STILL_THERE = "No repository was made, because the one of an earlier check is still there."
FREE = (
    "Costs nothing: one private repository is made and deleted again. If the login may not delete, it stays, and later "
    "checks use it again."
)
REMOVING = "Removing test files …"

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


def check_account(
    token: str | None, watcher: Watcher, jobs: Jobs | None = None, found: AccountFindings | None = None
) -> AccountFindings:
    """Check the login and what it permits; what is found is put into `found`, which is returned.

    `jobs` is called with what costs money while the repository is there, if the login permits jobs and files went up.
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
    name, keeps = login.name, not login.deletes
    found.free += check_all([(LEFT, lambda: check_left(name, token, keeps=keeps))], watcher)
    if found.free[-1].outcome is Outcome.FAILED and not keeps:  # another one could not be deleted either
        found.free += check_all([(title, partial(unknown, title, STILL_THERE)) for title in Repository.TITLES], watcher)
        return found
    visit = Visit(name, token, keeps=keeps, removing=partial(_tell_removing, watcher))
    try:
        with visit:
            repository = Repository(visit)
            found.free += check_all(repository.checks(), watcher)
            if jobs is not None and _may_try_jobs(found.free):
                found.jobs += jobs(visit, watcher)
            found.free += check_all(repository.last_checks(), watcher)
    except BaseException:  # asked to end: what stays behind must be told all the same
        if visit.stays:
            watcher.found(stays(visit.repo))
        if visit.trouble:
            watcher.found(failed(GONE, "; ".join(visit.trouble), "The next check of this account tries again."))
        raise
    return found


def _tell_removing(watcher: Watcher) -> None:
    with suppress(Stopped):  # that it is to end is known
        watcher.doing(REMOVING)


def _may_try_jobs(free: list[Finding]) -> bool:
    """Whether the login permits jobs, as far as it is known, and has a repository for their files."""
    outcome = {finding.title: finding.outcome for finding in free}
    return outcome[PERMISSIONS["jobs"]] is not Outcome.FAILED and outcome[FILLED] is Outcome.PASSED


def check_left(account: str, token: str, *, keeps: bool = False) -> Finding:
    """Remove what earlier doctors left that were killed; a login that `keeps` looks for the repository to use again."""
    removed, trouble = remove_dead(account, token)
    if not keeps:
        kept, kept_trouble = remove_kept(account, token)
        removed, trouble = [*removed, *kept], [*trouble, *kept_trouble]
    if trouble:
        return failed(LEFT, "; ".join(trouble), "Delete it there by hand.")
    if keeps and kept_is_there(account, token):
        return passed(LEFT, f"{kept_of(account)} of an earlier check is there, and is used again.")
    if removed:
        return passed(LEFT, f"What a check that was ended had left is removed: {', '.join(removed)}.")
    return passed(LEFT, "Nothing was left behind.")


class _Login:
    """The token's owner, and what the Hub says that it permits."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self.name: str | None = None
        self.deletes = False
        """Whether the token is of a kind that may delete repositories for sure."""

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
        self.deletes = (auth.get("accessToken") or {}).get("role") in ("write", "read")
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
