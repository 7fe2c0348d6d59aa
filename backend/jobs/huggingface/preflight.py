"""Checks before a job costs money whether the login can run it, and says what to do if it cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from backend.errors import InputError
from backend.hub import limit_waiting
from backend.jobs.huggingface.errors import error_reason, status
from backend.runs import STARTER, RunConfig
from backend.runs.hub import REPO_ID

WRITING_ROLES = ("write", "admin", "contributor")
WRITE_PERMISSIONS = ("repo.write",)
JOB_PERMISSIONS = ("job.write",)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check: `ok` is None if it is unknown; `link` is the page on which the user can fix it."""

    code: str
    ok: bool | None
    message: str
    link: str | None = None


def preflight(token: str | None, config: RunConfig, namespace: str) -> list[Check]:
    """Runs all checks, independent of each other's results. Raises InputError only if the Hub cannot be reached.

    The codes are token, write, jobs, licence (if the base model is on the Hub) and balance. The checks create nothing
    and cost nothing. `ok` is None if the Hub does not report a role or scope; then the job's submission shows it.
    """
    limit_waiting()
    api = HfApi(token=token or False)
    account = _reached(lambda: _account(api, token))
    if isinstance(account, Check):
        return [account, *_licence(api, config, {})]
    name = account.get("name")
    checks = [Check("token", True, f"Logged in as {name}.")]
    checks += [_write(account, namespace), _jobs(api, account, namespace)]
    return [*checks, *_licence(api, config, account), _balance(account, namespace)]


def _reached(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except HfHubHTTPError:  # the Hub answered; this class is an httpx2.HTTPError too
        raise
    except httpx2.HTTPError as error:
        raise InputError(f"Could not check your account: {error_reason(error)}") from error


def _account(api: HfApi, token: str | None) -> Mapping[str, Any] | Check:
    """Returns the Hub's record of the token's user, or the check that failed."""
    settings = f"{constants.ENDPOINT}/settings/tokens"
    if not token:
        return Check("token", False, "Nobody is logged in. Log in to run on Hugging Face.", settings)
    try:
        account: Mapping[str, Any] = api.whoami(token=token)
    except HfHubHTTPError as error:
        if status(error) == 401:
            message = "Hugging Face does not accept the login; it may have expired. Log in again."
            return Check("token", False, message, settings)
        return Check("token", None, f"Your account could not be read: {error_reason(error)}", settings)
    return account


def _write(account: Mapping[str, Any], namespace: str) -> Check:
    """Checks whether the login may create repositories in the namespace: by the role in it, and by the token's role."""
    settings = f"{constants.ENDPOINT}/settings/tokens"
    if not _in_namespace(account, namespace):
        who = account.get("name")
        return Check("write", False, f"{who} may not write to {namespace}. Choose your own account.", settings)
    able = _permitted(account, namespace, WRITE_PERMISSIONS)
    match able:
        case True:
            return Check("write", True, f"You may create repositories in {namespace}.")
        case False:
            return Check(
                "write", False, f"The token may not write to {namespace}. Use one with write access.", settings
            )
    return Check(
        "write",
        None,
        "It is unknown whether the login may create repositories. The start of the job shows it.",
        settings,
    )


def _jobs(api: HfApi, account: Mapping[str, Any], namespace: str) -> Check:
    """Checks whether the login may run jobs: by the token's permissions, and by a request for the list of jobs."""
    settings = f"{constants.ENDPOINT}/settings/tokens"
    if _permitted(account, namespace, JOB_PERMISSIONS) is False:
        message = f"The token may not run jobs in {namespace}. Use one with write access to jobs."
        return Check("jobs", False, message, settings)
    try:
        next(iter(api.list_jobs(namespace=namespace)), None)
    except HfHubHTTPError as error:
        if status(error) in (401, 403):
            message = (
                f"The login is accepted, but may not run jobs in {namespace}, or the permission for jobs is missing. "
                "Log out, log in again and grant access to jobs."
            )
            return Check("jobs", False, message, settings)
        return Check("jobs", None, f"It is unknown whether the login may run jobs: {error_reason(error)}", settings)
    except httpx2.HTTPError as error:
        raise InputError(f"Could not check your account: {error_reason(error)}") from error
    return Check("jobs", True, f"You may run jobs in {namespace}.")


def _licence(api: HfApi, config: RunConfig, account: Mapping[str, Any]) -> Iterator[Check]:
    """Checks whether the login may read the base model, if it is on the Hub; the starter needs no check."""
    base = config.base_model
    if base == STARTER or not REPO_ID.fullmatch(base):
        return
    page = f"{constants.ENDPOINT}/{base}"
    try:
        _reached(lambda: api.auth_check(base))
    except GatedRepoError:
        yield Check("licence", False, _gated(base, account), page)
    except RepositoryNotFoundError:
        yield Check("licence", False, f"There is no model {base}, or this login may not see it.", page)
    except HfHubHTTPError as error:
        yield Check("licence", None, f"It is unknown whether the login may read {base}: {error_reason(error)}", page)
    else:
        yield Check("licence", True, f"You may read {base}.", page)


def _gated(base: str, account: Mapping[str, Any]) -> str:
    """Returns why a gated model may not be read. The Hub gives the same answer for terms and for permissions."""
    if not _is_limited(account):
        return f"The terms of {base} are not accepted yet. Open its page, accept them, then check again."
    return (
        f"The terms of {base} are not accepted yet, or this login may not read gated repositories. Open its page and "
        "accept them; if they are accepted, log in again and grant that, or give the token that permission."
    )


def _is_limited(account: Mapping[str, Any]) -> bool:
    """Whether the login has its own list of permissions, which OAuth logins and fine-grained tokens have."""
    auth = account.get("auth") or {}
    return auth.get("type") == "oauth" or (auth.get("accessToken") or {}).get("role") == "fineGrained"


def _balance(account: Mapping[str, Any], namespace: str) -> Check:
    """Checks whether the account has a payment method, if the login may read that (scope read-billing).

    Jobs are paid from credit, but the client (2.4.0) has no function that reads the balance.
    """
    page = f"{constants.ENDPOINT}/settings/billing"
    payer = account if account.get("name") == namespace else _organisation(account, namespace)
    match payer.get("canPay"):
        case True:
            message = f"A payment method is set up. Jobs are paid from credit; see your balance at {page}."
            return Check("balance", True, message, page)
        case False:
            message = f"No payment method is set up. Jobs need credit above zero; see your balance at {page}."
            return Check("balance", None, message, page)
    message = (
        "This login may not read whether a payment method is set up (scope read-billing). Jobs need credit above zero; "
        f"see your balance at {page}."
    )
    return Check("balance", None, message, page)


def _organisation(account: Mapping[str, Any], namespace: str) -> Mapping[str, Any]:
    return next((org for org in account.get("orgs") or () if org.get("name") == namespace), {})


def _in_namespace(account: Mapping[str, Any], namespace: str) -> bool:
    if account.get("name") == namespace:
        return True
    org = _organisation(account, namespace)
    return bool(org) and org.get("roleInOrg", "write") in WRITING_ROLES


def _permitted(account: Mapping[str, Any], namespace: str, needed: tuple[str, ...]) -> bool | None:
    """Whether the token's role permits it; None if the Hub does not report it, which is so for OAuth."""
    token = (account.get("auth") or {}).get("accessToken") or {}
    match token.get("role"):
        case "write" | "admin":
            return True
        case "read":
            return False
        case "fineGrained":
            return _fine_grained(token.get("fineGrained") or {}, namespace, needed)
    return None


def _fine_grained(token: Mapping[str, Any], namespace: str, needed: tuple[str, ...]) -> bool:
    """Whether the token's scope on this namespace has all needed permissions."""
    for scoped in token.get("scoped") or ():
        if (scoped.get("entity") or {}).get("name") == namespace:
            return set(needed) <= set(scoped.get("permissions") or ())
    return False
