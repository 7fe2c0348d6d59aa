"""The price of a job on Hugging Face for an agent, and the start of a job whose price was confirmed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from backend.errors import InputError
from ui.agents.desk import account, waited
from ui.jobs import confirm
from ui.page import Location, PageState

_CONFIRMATION = re.compile(r"([0-9a-f]{16})\.([A-Za-z0-9_-]{32})")
NEXT = (
    "Show dollars_at_most to the user and ask whether to spend it. Only if the user agrees, call {tool} with this "
    "confirmation and the same arguments."
)
NOT_READY = "A check of the account failed, so no job can be started. Tell the user what the failed checks say."
UNCONFIRMED = (
    "Nothing was started. This is a job on Hugging Face, which costs money: call estimate with where=jobs, show the "
    "price to the user, and pass its confirmation."
)
INVALID = "Nothing was started. This confirmation is not valid, or was for something else. Ask for the price again."


def price(state: PageState, subject: str, tool: str, ask: Callable[[PageState], Location]) -> dict[str, Any]:
    """The price of what `ask` orders, with the checks of the account, and a confirmation for `subject` and `tool`.

    A page's token makes a price valid for that page only (ui/services/quotes.py). An agent has no page, so a new secret
    is used instead, which only the confirmation contains.
    """
    secret = secrets.token_urlsafe(24)
    asking = _as_page(replace(state, services=account(state.services)), secret, subject, tool)
    location = ask(asking)
    offers = asking.services.offers
    offer = waited(offers.get(location.offer) if location.offer else None)
    quote = offer.quote
    found: dict[str, Any] = {
        "state": "price",
        "machine": quote.flavor.label,
        "minutes": round(quote.minutes, 1),
        "minutes_at_most": round(quote.timeout_seconds / 60, 1),
        "dollars": quote.cost,
        "dollars_at_most": quote.ceiling,
        "checks": [{"ok": check.ok, "message": check.message, "link": check.link} for check in offer.checks],
    }
    if not offer.ready:
        return {**found, "next": NOT_READY}
    return {**found, "confirmation": f"{location.offer}.{secret}", "next": NEXT.format(tool=tool)}


def confirmed(state: PageState, subject: str, tool: str, confirmation: str) -> str:
    """Start the job whose price this confirmation is for, once, and return the id of its run.

    Raises InputError if the confirmation is not valid for this account, subject and tool.
    """
    account(state.services)
    if not confirmation:
        raise InputError(UNCONFIRMED)
    found = _CONFIRMATION.fullmatch(confirmation)
    if found is None:
        raise InputError(INVALID)
    confirming = _as_page(state, found[2], subject, tool)
    task = confirming.services.offers.get(found[1])
    page = confirming.services.identity.page
    if task is not None and task.result is not None and task.result.page != page:
        raise InputError(INVALID)
    location = confirm(replace(confirming, location=replace(state.location, offer=found[1])))
    if not location.run or location.offer:
        raise InputError(INVALID)
    return location.run


def _as_page(state: PageState, secret: str, subject: str, tool: str) -> PageState:
    """The state of a request whose page is named by the secret, the data or run, and the tool."""
    identity = replace(state.services.identity, page=f"agent {secret} {tool} {subject}")
    return PageState(replace(state.services, identity=identity), state.location)
