"""What can be known before any spending: whether the login is good for a job, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from backend.errors import InputError
from backend.hub import limit_waiting
from backend.jobs.huggingface.errors import status, told
from backend.runs import STARTER, RunConfig
from backend.runs.hub import REPO_ID

WRITING_ROLES = ("write", "admin", "contributor")
WRITE_PERMISSIONS = ("repo.write",)
JOB_PERMISSIONS = ("job.write",)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `ok` is None where it could not be told; `link` is the page on which to mend it."""

    code: str
    ok: bool | None
    message: str
    link: str | None = None


def preflight(token: str | None, config: RunConfig, namespace: str) -> list[Check]:
    """Every check at once, whatever the others say; InputError only where the Hub cannot be reached.

    Codes: token, write, jobs, licence (where the base model is on the Hub), balance. Nothing is created and nothing
    is spent. A role or scope that the Hub does not tell is None; then the job's submission tells.
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
    except HfHubHTTPError:  # an answer, though it is an httpx2.HTTPError too
        raise
    except httpx2.HTTPError as error:
        raise InputError(f"Could not check your account: {told(error)}") from error


def _account(api: HfApi, token: str | None) -> Mapping[str, Any] | Check:
    """What the Hub says about the token's user, or the check that failed."""
    settings = f"{constants.ENDPOINT}/settings/tokens"
    if not token:
        return Check("token", False, "Nobody is logged in. Log in to run on Hugging Face.", settings)
    try:
        account: Mapping[str, Any] = api.whoami(token=token)
    except HfHubHTTPError as error:
        if status(error) == 401:
            message = "Hugging Face does not accept the login; it may have expired. Log in again."
            return Check("token", False, message, settings)
        return Check("token", None, f"Your account could not be read: {told(error)}", settings)
    return account


def _write(account: Mapping[str, Any], namespace: str) -> Check:
    """Whether repositories may be made under the namespace: by the token's role, then by the role in it."""
    settings = f"{constants.ENDPOINT}/settings/tokens"
    if not _in_namespace(account, namespace):
        who = account.get("name")
        return Check("write", False, f"{who} may not write to {namespace}. Choose your own account.", settings)
    able = _permitted(account, namespace, WRITE_PERMISSIONS)
    match able:
        case True:
            return Check("write", True, f"Repositories may be made in {namespace}.")
        case False:
            return Check(
                "write", False, f"The token may not write to {namespace}. Use one with write access.", settings
            )
    return Check("write", None, "Whether repositories may be made shows when the job is handed over.", settings)


def _jobs(api: HfApi, account: Mapping[str, Any], namespace: str) -> Check:
    """Whether jobs may be run: by the token's own permissions, and by whether it may list them."""
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
        return Check("jobs", None, f"Whether jobs may be run could not be told: {told(error)}", settings)
    except httpx2.HTTPError as error:
        raise InputError(f"Could not check your account: {told(error)}") from error
    return Check("jobs", True, f"Jobs may be run in {namespace}.")


def _licence(api: HfApi, config: RunConfig, account: Mapping[str, Any]) -> Iterator[Check]:
    """Whether the base model may be read, where it is on the Hub; the starter needs none."""
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
        yield Check("licence", None, f"Whether {base} may be read could not be told: {told(error)}", page)
    else:
        yield Check("licence", True, f"{base} may be read.", page)


def _gated(base: str, account: Mapping[str, Any]) -> str:
    """Why a gated model may not be read: the Hub's answer does not tell terms from a login's permission."""
    if not _is_limited(account):
        return f"The terms of {base} are not accepted yet. Open its page, accept them, then check again."
    return (
        f"The terms of {base} are not accepted yet, or this login may not read gated repositories. Open its page and "
        "accept them; if they are accepted, log in again and grant that, or give the token that permission."
    )


def _is_limited(account: Mapping[str, Any]) -> bool:
    """Whether the login has permissions of its own, as OAuth's and fine-grained tokens have."""
    auth = account.get("auth") or {}
    return auth.get("type") == "oauth" or (auth.get("accessToken") or {}).get("role") == "fineGrained"


def _balance(account: Mapping[str, Any], namespace: str) -> Check:
    """Whether a payment method is set up, if the login may read that (scope read-billing).

    That is no credit, which jobs are paid from: the client (2.4.0) knows no way to read the sum.
    """
    page = f"{constants.ENDPOINT}/settings/billing"
    payer = account if account.get("name") == namespace else _organisation(account, namespace)
    match payer.get("canPay"):
        case True:
            message = f"A payment method is set up. Jobs are paid from credit; the balance stands on {page}."
            return Check("balance", True, message, page)
        case False:
            message = f"No payment method is set up. Jobs need credit above zero; the balance stands on {page}."
            return Check("balance", None, message, page)
    message = (
        "Whether a payment method is set up cannot be read: the login does not grant that (scope read-billing). Jobs "
        f"need credit above zero; the balance stands on {page}."
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
    """Whether the token's role allows it; None where the Hub does not say, as for OAuth."""
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
    """Whether the token's scope on this namespace has all that is needed."""
    for scoped in token.get("scoped") or ():
        if (scoped.get("entity") or {}).get("name") == namespace:
            return set(needed) <= set(scoped.get("permissions") or ())
    return False
