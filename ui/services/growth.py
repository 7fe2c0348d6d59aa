"""One growth of a set: its plan, its teacher and its ledger, in one folder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from backend.document import Field
from backend.errors import InputError
from backend.files import disk_errors, read_json, write_json
from backend.growing import (
    Entry,
    Estimate,
    Grower,
    Judged,
    Ledger,
    Material,
    Plan,
    Price,
    Prompt,
    Totals,
    changed,
    estimate,
    estimate_plan,
    make_plan,
    read_labels,
    with_grown,
)
from ui.services.teacher_choice import TeacherChoice

HEAD = "page.json"
A_CHAT = "a chat"
MOST_PASTED = 400_000
"""Characters of a pasted answer: backend/growing/answers.py reads no more."""
OTHER_DATA = "These rows were planned for other data. Go back to that data, or start again here."
NO_ROWS = "No row was found in this text. Paste the whole answer of the chat, with its JSON."
NO_LABELS = "No label was found in this text. Paste the whole answer of the chat, with its JSON."


@dataclass
class Growth:
    """A growth of the data with the id `of`. `problem` is the part of the page whose last action failed, and why.

    `ledger` and `grower` are None until the growth begins. `page` is the shown page of the review.
    """

    folder: Path
    of: str
    material: Material
    plan: Plan
    choice: TeacherChoice = field(default_factory=TeacherChoice)
    ledger: Ledger | None = None
    grower: Grower | None = None
    problem: tuple[str, str] = ("", "")
    page: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def open(cls, folder: Path, of: str, material: Material) -> Growth:
        """Reads a folder, or returns a new growth whose folder is made with its first change. Raises InputError."""
        if not (folder / HEAD).is_file():
            return cls(folder, of, material, make_plan(material))
        head = Field(str(folder / HEAD), read_json(folder / HEAD))
        if head["of"].text() != of:
            raise InputError(OTHER_DATA)
        growth = cls(folder, of, material, make_plan(material), TeacherChoice.read(head["teacher"]))
        if (saved := head["plan"].value) is not None:
            growth.plan = Plan.from_dict(saved, material.tools)
        if Ledger.exists(folder):
            growth._attach(Ledger.open(folder, material))
        return growth

    @property
    def begun(self) -> bool:
        """Whether a request was prepared, after which the plan and the teacher stay as they are."""
        return self.ledger is not None

    @property
    def totals(self) -> Totals:
        """The rows asked, kept and refused so far."""
        return self.ledger.totals if self.ledger else Totals()

    @property
    def waiting(self) -> bool:
        """Whether an answer waits for its second labels."""
        return bool(self.grower and self.grower.waiting)

    @property
    def judged(self) -> list[Judged]:
        """Every row that was decided on."""
        return [one for entry in (self.ledger.entries if self.ledger else ()) for one in entry.judged or ()]

    @property
    def kept(self) -> list[Judged]:
        """The rows that the gate kept: those that the classifier doubts first, else in the order of the plan."""
        kept = [one for one in self.judged if one.reason is None]
        return sorted(kept, key=lambda one: (not one.doubt, one.order or 0))

    @property
    def left_out(self) -> frozenset[int]:
        """The positions of the orders whose kept rows are not accepted."""
        return self.ledger.left_out if self.ledger else frozenset()

    @property
    def more(self) -> bool:
        """Whether an answer or a label is still missing."""
        return self.waiting or bool(self.grower and self.grower.next_orders)

    @property
    def request_key(self) -> str:
        """A text that differs for each request by hand."""
        return f"{self.folder.name} {len(self.ledger.entries) if self.ledger else 0} {self.waiting}"

    @property
    def stamp(self) -> str:
        """A text that differs whenever the written rows or the choice of them differ."""
        return f"{self.request_key} {sorted(self.left_out)} {self.page} {self.problem}"

    def attempt(self, part: str, act: Callable[[], object]) -> None:
        """Does what a part of the page asks for; `problem` has the part, and the reason if it was not possible."""
        try:
            act()
        except InputError as error:
            self.problem = (part, str(error))
        else:
            self.problem = ("", "")

    def problem_of(self, part: str) -> str:
        """Returns the problem of a part of the page; empty if it has none."""
        found, reason = self.problem
        return reason if found == part else ""

    def change(self, name: Sequence[str], number: int) -> None:
        """Changes a number of the plan. Raises InputError."""
        with self._lock:
            if self.begun:
                raise InputError("The rows are being written already, so the plan stays. Start again with a new plan.")
            self.plan = changed(self.plan, name, number, self.material.tools)
            self.save()

    def choose(self, choice: TeacherChoice) -> None:
        """Saves who writes the rows. Raises InputError if the growth began with another teacher."""
        with self._lock:
            by_hand = choice.way == self.choice.way == "hand"
            if self.ledger is not None and not by_hand and (choice.model or A_CHAT) != self.ledger.teacher:
                raise InputError(f"{self.ledger.teacher} wrote these rows. Continue with it, or start again.")
            self.choice = choice
            self.save()

    def save(self) -> None:
        """Writes the plan and the choice; a plan without rows is not saved. Raises InputError."""
        plan = self.plan.to_dict() if self.plan.rows else None
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / HEAD, {"of": self.of, "plan": plan, "teacher": self.choice.to_dict()})

    def begin(self) -> None:
        """Fixes the plan and the teacher. Raises InputError if the plan has no rows."""
        with self._lock:
            if self.begun:
                return
            self.check_plan()
            name, today = self.choice.model or A_CHAT, f"{datetime.now(UTC):%Y-%m-%d}"
            self._attach(Ledger.create(self.folder, self.material, self.plan, name, today))

    def withdraw(self) -> None:
        """Lets the plan and the teacher be changed again, if nothing was asked yet. Raises InputError."""
        with self._lock:
            if self.ledger is not None and self.ledger.withdraw():
                self.ledger = self.grower = None

    def check_plan(self) -> None:
        """Raises InputError if the plan has no rows."""
        if not self.plan.rows:
            raise InputError("The plan has no rows. Enter above how many rows to write.")

    def estimate(self, price: Price | None) -> Estimate:
        """Returns the requests, tokens and cost of the rows that are missing. Raises InputError."""
        if self.grower is None:
            return estimate_plan(self.material, self.plan, price)
        return estimate(self.material, self.grower, price)

    def prompt(self) -> Prompt | None:
        """Returns the next request to carry by hand: for second labels or for rows; None at the end."""
        if self.grower is None:
            return None
        entry = self.grower.waiting
        if entry is not None:
            return self._labelling(self.grower, entry)
        request = self.grower.next_request()
        return request.prompt if request else None

    def paste(self, text: str) -> None:
        """Takes what a chat answered to the prompt. Raises InputError if it holds nothing of use; nothing is lost."""
        if len(text) > MOST_PASTED:
            raise InputError(f"This text has over {MOST_PASTED:,} characters. Paste the answer alone.")
        with self.working() as grower:
            entry = grower.waiting
            if entry is not None:
                if not read_labels(text):
                    raise InputError(NO_LABELS)
                grower.decide(entry, text)
                return
            request = grower.next_request()
            if request is None:
                return
            if not grower.sift(text, request.orders):
                raise InputError(NO_ROWS)
            entry = grower.take_answer(request, text)
            if self._labelling(grower, entry) is None:
                grower.decide(entry, None)

    def keep_unlabelled(self) -> None:
        """Decides on the rows of the waiting answer without second labels."""
        with self.working() as grower:
            if grower.waiting is not None:
                grower.decide(grower.waiting, None)

    def take(self, orders: Sequence[int], *, accept: bool) -> None:
        """Accepts kept rows, or leaves them out, by the positions of their orders."""
        if self.ledger is None:
            return
        with self._lock:
            left_out = self.ledger.left_out
            self.ledger.leave_out(left_out - set(orders) if accept else left_out | set(orders))

    def with_rows(self, dataset: Path) -> bytes:
        """Returns the CSV with the accepted rows at its end. Raises InputError if there are none."""
        if self.ledger is None or not self.ledger.accepted():
            raise InputError("No row is accepted.")
        return with_grown(dataset, self.ledger)

    @contextmanager
    def working(self) -> Iterator[Grower]:
        """Keeps others from adding answers. Raises InputError if somebody does already."""
        if self.ledger is None or self.grower is None:
            raise InputError("The writing has not begun. Choose who writes the rows.")
        with self.ledger.locked():
            yield self.grower

    def _attach(self, ledger: Ledger) -> None:
        self.grower, self.plan = Grower(self.material, ledger), ledger.plan
        self.ledger = ledger

    def _labelling(self, grower: Grower, entry: Entry) -> Prompt | None:
        return grower.labelling(grower.sift(entry.answer, entry.orders))
