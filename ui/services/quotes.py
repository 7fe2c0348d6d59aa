"""The price of a training on Hugging Face, and whether it may start, before money is spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs import Workload
from backend.jobs.huggingface import Check, Flavor, Quote, fits, flavors, login_ends, preflight, quote, within_login
from backend.runs import RunConfig
from ui.services.identity import Identity
from ui.services.tasks import Task, Tasks

MACHINES = "machines"
ANOTHER_PAGE = "This price was asked for by another page, so nothing was started. Ask for the price again on this one."
LOGIN_ENDS = (
    "Nothing was started: so much time has passed that your login would end before the job does. Log out, log in "
    "again, and check the price again."
)
WAIT_SECONDS = 600.0
"""How long somebody may think about a price before what is left of the login is too little for the job."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order: a new run by its settings and name, or one more job of the run with the id `run`.

    `minutes` is how long it may take at most, None for what is usual.
    """

    config: RunConfig
    name: str
    flavor: str
    job: str
    minutes: float | None = None
    run: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An order with its price and with what was checked about the account.

    `page` is the loaded page that asked for it, and the only one that may confirm it; `ends` is the unix second in
    which the login ends that the job would save with, None if it has no end.
    """

    order: Order
    quote: Quote
    checks: Sequence[Check]
    page: str | None = None
    ends: float | None = None

    @property
    def ready(self) -> bool:
        """Whether no check failed; a check without a result does not count as failed."""
        return all(check.ok is not False for check in self.checks)


def _login_ends(identity: Identity, checks: Sequence[Check]) -> float | None:
    """The unix second in which the login ends, None if it has no end, or is not accepted at all; InputError."""
    accepted = all(check.ok for check in checks if check.code == "token")
    return login_ends(identity.token) if identity.ends is None and identity.token and accepted else identity.ends


class Offers:
    """The offers of one account, made in a thread, and the list of machines, read once in a while.

    `started` are the runs that offers became, by the offer's key; who makes one of them holds `confirming`. `now` tells
    the unix second.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._offers = Tasks[Offer]("offer", workers=2)
        self._machines = Tasks[list[Flavor]]("machines")
        self.confirming = threading.Lock()
        self.started: dict[str, str] = {}

    def machines(self, identity: Identity) -> Task[list[Flavor]]:
        """Every machine with its price, asked of the Hub now if it was not yet."""
        return self._machines.start(MACHINES, lambda _task: flavors(identity.token))

    def ask_again(self) -> None:
        """Forget a list of machines that could not be read."""
        self._machines.drop(MACHINES)

    def ask(self, key: str, order: Order, workload: Workload, identity: Identity) -> Task[Offer]:
        """The offer for an order, computed now if it is new."""

        def work(task: Task[Offer]) -> Offer:
            if identity.token is None or identity.name is None:
                raise InputError("Log in with Hugging Face first.")
            task.follow(0.1, "Reading the list of machines")
            machine = next((one for one in flavors(identity.token) if one.name == order.flavor), None)
            if machine is None:
                raise InputError(f"Hugging Face offers no machine {order.flavor!r} now. Choose another one.")
            task.follow(0.4, "Checking your account")
            checks = preflight(identity.token, order.config, identity.name)
            price = quote(order.config, workload, machine, [order.job])
            if order.minutes:
                price = price.limited(order.minutes)
            ends = _login_ends(identity, checks)
            price, shortened = within_login(price, ends, self._now())
            return Offer(order, price, [*checks, *shortened], identity.page, ends)

        return self._offers.start(key, work)

    def get(self, key: str) -> Task[Offer] | None:
        """The offer of that key, None where it was never asked for, or taken."""
        return self._offers.get(key)

    def take(self, key: str, page: str | None) -> Offer | None:
        """The offer of that key, once; InputError where another page asked for it, or the asker cannot be told."""
        task = self._offers.get(key)
        if task is None or task.result is None:
            return None
        if page is None or task.result.page != page:
            raise InputError(ANOTHER_PAGE)
        if not fits(task.result.quote.timeout_seconds, task.result.ends, self._now() - WAIT_SECONDS):
            raise InputError(LOGIN_ENDS)
        task = self._offers.drop(key)
        return task.result if task else None
