"""The price of a training on Hugging Face, and whether it may start, before money is spent."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs import SWEEP, Workload
from backend.jobs.huggingface import (
    Check,
    Flavor,
    Quote,
    fits,
    flavors,
    login_ends,
    preflight,
    quote,
    sweep_quote,
    within_login,
)
from backend.runs import RunConfig
from ui.services.identity import Identity
from ui.services.tasks import Task, Tasks

MACHINES = "machines"
ANOTHER_PAGE = "Another page requested this price, so nothing was started. Request the price again on this page."
LOGIN_ENDS = (
    "Nothing was started, because your login would now end before the job does. Log out, log in again, and check the "
    "price again."
)
WAIT_SECONDS = 600.0
"""The time that a visitor may take to confirm a price, if the login ends soon after the job's time limit."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order: a new run by its settings and name, or one more job of the run with the id `run`.

    `minutes` is the time limit, None for the default.
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
    """An order with its price and the checks of the account.

    `page` is the loaded page that requested it; only that page may confirm it. `ends` is the Unix time at which the
    login that the job would use ends, None if it has no end.
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
    """The Unix time at which the login ends; None if it has no end or is not accepted. Raises InputError."""
    accepted = all(check.ok for check in checks if check.code == "token")
    return login_ends(identity.token) if identity.ends is None and identity.token and accepted else identity.ends


def _price(order: Order, workload: Workload, machine: Flavor) -> Quote:
    """The price of an order; the minutes of a search are its budget, those of another job its time limit."""
    if order.job == SWEEP and order.minutes:
        return sweep_quote(order.minutes, machine)
    price = quote(order.config, workload, machine, [order.job])
    return price.limited(order.minutes) if order.minutes else price


class Offers:
    """The offers of one account, computed in a thread, and the list of machines.

    `started` has the ids of the runs that were started from offers, by the offer's key; hold `confirming` to start one.
    `now` returns the Unix time.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._offers = Tasks[Offer]("offer", workers=2)
        self._machines = Tasks[list[Flavor]]("machines")
        self.confirming = threading.Lock()
        self.started: dict[str, str] = {}

    def machines(self, identity: Identity) -> Task[list[Flavor]]:
        """Every machine with its price, requested from the Hub now if it is new."""
        return self._machines.start(MACHINES, lambda _task: flavors(identity.token))

    def forget_machines(self) -> None:
        """Forget a list of machines that could not be read, so that the next poll requests it again."""
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
            price = _price(order, workload, machine)
            ends = _login_ends(identity, checks)
            price, shortened = within_login(price, ends, self._now())
            return Offer(order, price, [*checks, *shortened], identity.page, ends)

        return self._offers.start(key, work)

    def get(self, key: str) -> Task[Offer] | None:
        """The offer with this key; None if it was never requested, or was taken."""
        return self._offers.get(key)

    def take(self, key: str, page: str | None) -> Offer | None:
        """The offer with this key, once; None if there is none.

        Raises InputError if another page requested it, if `page` is None, or if the login would end before the job.
        """
        task = self._offers.get(key)
        if task is None or task.result is None:
            return None
        if page is None or task.result.page != page:
            raise InputError(ANOTHER_PAGE)
        if not fits(task.result.quote.timeout_seconds, task.result.ends, self._now() - WAIT_SECONDS):
            raise InputError(LOGIN_ENDS)
        task = self._offers.drop(key)
        return task.result if task else None
