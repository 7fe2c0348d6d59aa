"""Messages for the Hub's errors, with the next step; and a client with time limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import httpx2
from huggingface_hub import constants, set_client_factory
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils._http import default_client_factory, parse_ratelimit_headers

from backend.errors import InputError
from backend.redact import redact

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
KEPT_CONNECTIONS = 20
NO_TOKEN = (
    "the token is not valid: it has characters that no token has. Log in with `hf auth login`, or set HF_TOKEN to a "
    "valid token."
)
TRANSLATED = (
    HfHubHTTPError,
    EntryNotFoundError,
    HFValidationError,
    LocalTokenNotFoundError,
    OfflineModeIsEnabled,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    UnicodeEncodeError,
)
"""The errors that the client raises; UnicodeEncodeError if the token has characters that no token has."""


def _patient_client() -> httpx2.Client:
    """The client's default, with time limits and without a limit of connections, one per job that is followed."""
    with default_client_factory() as usual:
        return httpx2.Client(
            event_hooks=usual.event_hooks,
            follow_redirects=usual.follow_redirects,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS),
        )


@cache
def limit_waiting() -> None:
    """Give the Hub's client time limits, once: its default has none."""
    set_client_factory(_patient_client)


def is_xet_error(error: BaseException) -> bool:
    """Whether hf_xet, which transfers large files, raised the error for the network or for an answer of the Hub.

    It is recognised by its name, because importing hf_xet writes into the cache that users share.
    """
    return isinstance(error, ConnectionError) or type(error).__module__ == "hf_xet"


class TokenRefused(InputError):
    """The Hub did not accept the token of a request: it has expired, or lacks a permission."""


@contextmanager
def hub_errors(repo_id: str, doing: str, kind: str = "model") -> Iterator[None]:
    """Turn the errors of the Hub's client into InputError, or into its subclass TokenRefused."""
    limit_waiting()
    try:
        yield
    except (*TRANSLATED, OSError) as error:
        if not isinstance(error, TRANSLATED) and not is_xet_error(error):
            raise
        raised = TokenRefused if _is_token_refused(error) else InputError
        raise raised(f"Could not {doing} {repo_id}: {redact(_reason(error, _page(repo_id, kind)))}") from error


def _page(repo_id: str, kind: str) -> str:
    return f"{constants.ENDPOINT}/{'' if kind == 'model' else kind + 's/'}{repo_id}"


def unreachable(error: BaseException) -> str | None:
    """The message if the Hub did not answer, None for any other error."""
    match error:
        case OfflineModeIsEnabled():
            return "offline mode is on. Unset HF_HUB_OFFLINE, then try again."
        case httpx2.TimeoutException():
            return f"{constants.ENDPOINT} did not answer in time. Check the network, then try again."
        case httpx2.HTTPError() | httpx2.InvalidURL() if not isinstance(error, HfHubHTTPError):
            return f"{constants.ENDPOINT} could not be reached ({error}). Check the network, then try again."
    return None


def _reason(error: BaseException, page: str) -> str:
    match error:
        case LocalEntryNotFoundError() if isinstance(error.__cause__, TRANSLATED):
            return _reason(error.__cause__, page)
        case GatedRepoError():
            return (
                f"it is gated. Open {page} with the account whose token is used, accept its terms, then try again. "
                "Training the starter model needs no account."
            )
        case RevisionNotFoundError():
            return "it has no such revision. Check the name of the branch or commit."
        case RepositoryNotFoundError() if _is_token_refused(error):
            return _status(error)  # over https the client reports a refused token as a missing repository
        case RepositoryNotFoundError():
            return (
                "there is no such repository, or the token may not read it. Check the spelling. For a private one, log "
                "in with `hf auth login` or set HF_TOKEN to a token that can read it."
            )
        case HfHubHTTPError():
            return _status(error)
        case LocalTokenNotFoundError():
            return "no token was found. Log in with `hf auth login`, or set HF_TOKEN."
        case HFValidationError():
            return f"that is not the name of a repository ({error}). Write it as USER/NAME."
        case _ if reason := unreachable(error):
            return reason
        case UnicodeEncodeError():
            return NO_TOKEN
        case _ if is_xet_error(error):
            return f"large files cannot be sent to or read from {constants.ENDPOINT} now ({error}). Try again."
    return str(error)


def _status(error: HfHubHTTPError) -> str:
    status = error.response.status_code
    message = f" The Hub says: {error.server_message.strip().rstrip('.')}." if error.server_message else ""
    match status:
        case 401:
            return (
                "the token was not accepted. It may have expired, or lack access to repositories. On the page, log "
                "out, log in again and grant that access. On the command line, use `hf auth login` or a valid HF_TOKEN."
            )
        case 402:
            return f"there is not enough credit.{message} Add credit at {constants.ENDPOINT}/settings/billing."
        case 403:
            return (
                f"the token does not permit it.{message} Give the token write access to this repository at "
                f"{constants.ENDPOINT}/settings/tokens, or use your own account's name."
            )
        case 404:
            return f"it has no such file.{message}"
        case 409 | 412:
            return f"it was changed in the meantime.{message} Try again."
        case 429:
            wait = seconds_to_wait(error)
            when = f"Try again in {wait:.0f} seconds." if wait is not None else "Try again in a few minutes."
            return f"too many requests. {when}"
        case _ if status >= 500:
            return f"the Hub has a fault ({status}). Try again in a few minutes."
        case _:
            return f"the Hub answered {status}.{message}"


def _is_token_refused(error: BaseException) -> bool:
    """Whether the Hub answered 401 to a request that had a token."""
    if not isinstance(error, HfHubHTTPError) or isinstance(error, GatedRepoError):
        return False
    return error.response.status_code == 401 and "authorization" in error.response.request.headers


def seconds_to_wait(error: HfHubHTTPError) -> float | None:
    """The seconds that the Hub asks to wait, by Retry-After or its RateLimit header; None if it gives none.

    The header is as https://huggingface.co/docs/hub/rate-limits describes it.
    """
    given = error.response.headers.get("Retry-After", "")
    if given.isdigit():
        return float(given)
    limit = parse_ratelimit_headers(error.response.headers)
    return float(limit.reset_in_seconds) if limit and limit.remaining == 0 else None
