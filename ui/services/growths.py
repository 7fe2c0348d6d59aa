"""Growths of one account: opens their folders, asks for their price, and runs them in threads that outlive a page."""

from __future__ import annotations

import re
import secrets
import threading
import time
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import Any

from backend.data import CheckOptions
from backend.errors import InputError
from backend.files import read_json
from backend.growing import (
    HUB,
    Cancelled,
    ChatTeacher,
    Material,
    Price,
    Totals,
    check_cost,
    grow,
    open_teacher,
    read_material,
)
from backend.runs import remove
from ui.services.growth import HEAD, Growth
from ui.services.growth_tasks import GrowthTasks, TeacherOffer
from ui.services.identity import Identity
from ui.services.quota import NO_LIMIT, Allowance, Quota
from ui.services.quotes import ANOTHER_PAGE
from ui.services.tasks import Task, refused
from ui.services.teacher_choice import TeacherChoice
from ui.work import Bounds, Data, Stopped, TooMuch, run_apart

ID = re.compile(r"[0-9a-f]{24}")
STORED_SECONDS = 30 * 86_400
BYTES_A_ROW = 4_000
"""Bytes on the disk that a written row is counted with: the answers, the decisions, and rows that are refused."""
BOUNDS = Bounds(seconds=120.0, bytes=4 * 1024**3)
LOG_IN = "Log in with Hugging Face first. The way by hand needs no login."
NO_PRICE = "Hugging Face lists no price for {model}, so no limit could be kept. Choose another model."
RUNNING = "These rows are being written. Stop that first."
SLOW = "These rows took too long to read. Use fewer or shorter rows."


class Growths:
    """The growths in a folder, each under an id that cannot be guessed.

    `before` is the folder of visitors without a login, from which an account takes what it began before its login.
    """

    def __init__(
        self, folder: Path, tasks: GrowthTasks, before: Path | None = None, allowance: Allowance = NO_LIMIT
    ) -> None:
        self._folder = folder
        self._before = before
        self._tasks = tasks
        self._quota, self._owner = Quota(folder, allowance), ""

    def counted_for(self, owner: str) -> Growths:
        """The same growths, whose work counts for this owner."""
        same = copy(self)
        same._owner = owner
        return same

    def new(self) -> str:
        """A new id; old growths are removed. Raises InputError if the folder is full."""
        self._quota.take(BYTES_A_ROW, self._owner)
        with suppress(OSError):
            for folder in self._folder.glob("*"):
                old = time.time() - folder.stat().st_mtime > STORED_SECONDS
                if ID.fullmatch(folder.name) and old and not self._tasks.is_running(folder):
                    remove(folder)
        return secrets.token_hex(12)

    def latest(self, of: str) -> str | None:
        """The id of the newest growth of the data with this id; None if there is none."""
        found = []
        for head in self._folder.glob(f"*/{HEAD}"):
            with suppress(InputError, OSError):
                if read_json(head).get("of") == of:
                    found.append((head.stat().st_mtime, head.parent.name))
        return max(found)[1] if found else None

    def opened(self, growth: str, of: str, data: Data) -> Task[Growth]:
        """The growth with an id, of the data with the id `of`; opened now if it is not open."""
        if not ID.fullmatch(growth):
            return refused("There are no such rows. Start again from the Data step.")
        folder = self._of(growth)
        if running := self._tasks.is_running(folder):
            return running

        def work(task: Task[Growth]) -> Growth:
            return Growth.open(folder, of, _material(data, task))

        return self._tasks.opening.start((folder, of, data.key), work, self._owner, data.expected_bytes)

    def asking(self, growth: Growth) -> Task[Totals] | None:
        """The work of the teacher, running or ended; None if it was not started since the app started."""
        return self._tasks.asking.get(growth.folder)

    def stop(self, growth: Growth) -> None:
        """Ask the teacher no more; what it wrote is kept."""
        if task := self.asking(growth):
            task.stop.set()

    def offer(self, growth: Growth) -> Task[TeacherOffer] | None:
        """The offer that was asked for last; None if there is none."""
        return self._tasks.offers.get(growth.folder)

    def drop_offer(self, growth: Growth) -> None:
        """Forget the offer, without starting anything."""
        self._tasks.offers.drop(growth.folder)

    def ask(self, growth: Growth, identity: Identity) -> None:
        """Find out what the chosen teacher costs. Raises InputError on a shared app without a login."""
        if identity.visitor:
            raise InputError(LOG_IN)
        self._refuse_running(growth)
        growth.check_plan()
        choice, page = growth.choice, identity.page

        def work(task: Task[TeacherOffer]) -> TeacherOffer:
            teacher = _teacher(choice, identity, None, None, task.stop)
            price = teacher.price()
            if choice.way == "hub" and price is None:
                raise InputError(NO_PRICE.format(model=choice.model))
            planned = growth.estimate(price)
            check_cost(planned, choice.most if price else None)
            return TeacherOffer(choice, teacher.place, planned, price, page)

        self._tasks.offers.drop(growth.folder)
        self._tasks.offers.start(growth.folder, work, self._owner)

    def start(self, opened: Task[Growth], identity: Identity, key: str | None) -> None:
        """Start what was offered, once; the key stays in the memory of the thread that asks. Raises InputError."""
        growth = opened.result
        asked = self.offer(growth) if growth else None
        offer = asked.result if asked else None
        if growth is None or offer is None:
            return
        if identity.page is None or offer.page != identity.page:
            raise InputError(ANOTHER_PAGE)
        self._quota.take(BYTES_A_ROW * growth.plan.rows, self._owner)
        token = (identity.token or "") if offer.choice.way == "hub" else ""

        def work(task: Task[Totals]) -> Totals:
            return _written(growth, _teacher(offer.choice, identity, key, offer.price, task.stop), offer, task)

        with self._tasks.lock:
            self._refuse_running(growth)
            if self._tasks.offers.drop(growth.folder) is not asked:
                return
            self._tasks.asking.drop(growth.folder)
            task = self._tasks.asking.start(growth.folder, work, self._owner)
            if task.error and self.asking(growth) is not task:
                raise InputError(task.error)
            self._tasks.running[growth.folder] = (opened, task, token)

    def take_room(self, size: int) -> None:
        """Count bytes that a visitor adds. Raises InputError if there is no room for them."""
        self._quota.take(size, self._owner)

    def _refuse_running(self, growth: Growth) -> None:
        if self._tasks.is_running(growth.folder):
            raise InputError(RUNNING)

    def _of(self, growth: str) -> Path:
        """The folder of an id; one from before the login is moved to the account, so that no other one reaches it."""
        own = self._folder / growth
        if self._before is not None and not own.exists() and (self._before / growth / HEAD).is_file():
            with suppress(OSError):
                self._folder.mkdir(parents=True, exist_ok=True)
                (self._before / growth).rename(own)
        return own


def _material(data: Data, task: Task[Any]) -> Material:
    arguments = (data.dataset, data.tools, data.options)
    if not data.large:
        return read_material(*arguments)
    try:
        return run_apart(_read_apart, arguments, task.follow, task.stop, None if data.options.folders else BOUNDS)
    except TooMuch as error:
        raise InputError(SLOW) from error


def _read_apart(dataset: Path, tools: Path, options: CheckOptions, _report: object) -> Material:
    return read_material(dataset, tools, options)


def _teacher(
    choice: TeacherChoice, identity: Identity, key: str | None, price: Price | None, stop: threading.Event
) -> ChatTeacher:
    """The chosen teacher; an installation with visitors reaches public addresses only. Raises InputError."""
    if not choice.model:
        raise InputError("Enter the name of the model, as the server lists it.")
    if choice.way == "hub":
        if identity.token is None:
            raise InputError("Log in with Hugging Face first: its providers are paid by your account.")
        return open_teacher(HUB + choice.model, None, identity.token, price=price, cancel=stop)
    shared = not identity.machine
    return open_teacher(choice.address, choice.model, key, price=price, public_only=shared, cancel=stop)


def _written(growth: Growth, teacher: ChatTeacher, offer: TeacherOffer, task: Task[Totals]) -> Totals:
    """Ask the teacher until the plan is fulfilled. Raises InputError, Cancelled or Stopped."""

    def report(totals: Totals) -> None:
        task.follow(min(1.0, totals.kept / growth.plan.rows), totals.line(growth.plan.rows))

    task.follow(0.0, f"Asking {teacher.name} at {teacher.place}")
    growth.begin()
    ceiling = offer.choice.most if offer.price else None
    try:
        with growth.working() as grower:
            assert growth.ledger is not None
            grow(grower, growth.ledger, teacher, report, price=offer.price, ceiling=ceiling)
    except Cancelled as error:
        raise Stopped from error
    finally:
        growth.withdraw()
    return growth.totals
