"""What training on Hugging Face would cost and whether it may start: found out before anything is spent."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs.estimate import Workload
from backend.jobs.huggingface import Check, Flavor, Quote, flavors, preflight, quote
from backend.runs import RunConfig
from ui.background import Task, Tasks
from ui.identity import Identity

MACHINES = "machines"
ANOTHER_PAGE = "This price was asked for by another page, so nothing was started. Ask for the price again on this one."
LOGIN_MINUTES = 7 * 60.0
"""A login on a Space lasts eight hours, and a job saves its results with it: a longer one could not."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to start: a new run by its settings and name, or one more job of the run with the id `run`.

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

    `page` is the loaded page that asked for it, and the only one that may confirm it.
    """

    order: Order
    quote: Quote
    checks: Sequence[Check]
    page: str | None = None

    @property
    def ready(self) -> bool:
        """Whether nothing that was checked stands in the way; what could not be told does not."""
        return all(check.ok is not False for check in self.checks)


class Offers:
    """The offers of one account, made in a thread, and the list of machines, read once in a while.

    `started` are the runs that offers became, by the offer's key; who makes one of them holds `confirming`.
    """

    def __init__(self) -> None:
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
        """The offer for an order, worked out now if it is new."""

        def work(task: Task[Offer]) -> Offer:
            if identity.token is None or identity.name is None:
                raise InputError("Log in with Hugging Face first.")
            task.follow(0.1, "Reading which machines there are")
            machine = next((one for one in flavors(identity.token) if one.name == order.flavor), None)
            if machine is None:
                raise InputError(f"Hugging Face offers no machine {order.flavor!r} now. Choose another one.")
            task.follow(0.4, "Looking at your account")
            checks = preflight(identity.token, order.config, identity.name)
            price = quote(order.config, workload, machine, [order.job])
            limits = [order.minutes or price.timeout_seconds / 60, *([] if identity.machine else [LOGIN_MINUTES])]
            return Offer(order, price.limited(min(limits)), checks, identity.page)

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
        task = self._offers.drop(key)
        return task.result if task else None
