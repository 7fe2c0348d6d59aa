"""One growth: which request is next, and what becomes of its answer. A person or a teacher may carry the texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from backend.data.csv import read_table, with_rows
from backend.data.text import CALLS, MESSAGE, ORIGIN, SPLIT
from backend.errors import InputError
from backend.growing.answers import read_labels, read_rows
from backend.growing.gate import Gate, Judged
from backend.growing.ledger import Entry, Ledger
from backend.growing.material import Material, calls_cell
from backend.growing.orders import ROWS_A_REQUEST, next_orders, orders_of
from backend.growing.prompt import Prompt, labelling_prompt, writing_prompt


@dataclass(frozen=True, slots=True)
class Request:
    """A request for rows: its number, the positions of its orders, and what the teacher is asked."""

    number: int
    orders: tuple[int, ...]
    prompt: Prompt


class Grower:
    """Asks for the rows of a ledger's plan, until all orders are kept or were asked for three times.

    An answer is saved when it arrives, and its rows are decided on when their second labels are there.
    """

    def __init__(self, material: Material, ledger: Ledger, rows_a_request: int = ROWS_A_REQUEST) -> None:
        self._material = material
        self._ledger = ledger
        self._rows_a_request = rows_a_request
        self.orders = orders_of(ledger.plan, material.options.seed)
        self._gate = Gate(material, self.orders)
        for entry in ledger.entries:
            if max(entry.orders, default=0) >= len(self.orders):
                raise InputError(f"{ledger.folder} is damaged: request {entry.number} names orders outside the plan.")
            self._gate.remember(entry.judged or ())

    @property
    def waiting(self) -> Entry | None:
        """The answer whose rows are not decided on yet; None if there is none."""
        return next((entry for entry in self._ledger.entries if entry.judged is None), None)

    @property
    def missing(self) -> tuple[int, ...]:
        """The positions of the orders that have no row yet."""
        return tuple(at for at in range(len(self.orders)) if at not in self._gate.kept)

    @property
    def next_orders(self) -> tuple[int, ...]:
        """The positions of the orders of the next request; empty at the end."""
        tries = Counter(order for entry in self._ledger.entries for order in entry.orders)
        return next_orders(self.orders, self._gate.kept.keys(), tries, self._rows_a_request)

    def next_request(self) -> Request | None:
        """Returns the next request for rows; None at the end. The same ledger gives the same request."""
        chosen = self.next_orders
        if not chosen:
            return None
        tool = self.orders[chosen[0]].tool
        known = [row.message for at, row in self._gate.kept.items() if self.orders[at].tool == tool]
        prompt = writing_prompt(self._material, [self.orders[at] for at in chosen], known)
        return Request(len(self._ledger.entries) + 1, chosen, prompt)

    def sift(self, answer: str, orders: tuple[int, ...]) -> list[Judged]:
        """Returns the first decision on the rows of an answer, without second labels; nothing is saved."""
        return self._gate.sift(read_rows(answer).rows, orders)

    def labelling(self, sifted: list[Judged]) -> Prompt | None:
        """Returns the request for second labels; None if no row is left."""
        messages = [one.row.message for one in sifted if one.reason is None]
        return labelling_prompt(self._material, messages) if messages else None

    def take_answer(
        self, request: Request, answer: str, tokens: tuple[int, int] = (0, 0), *, cut: bool = False
    ) -> Entry:
        """Saves an answer, so that it need not be asked for again, and returns its entry."""
        unreadable = read_rows(answer).unreadable
        entry = Entry(request.number, request.orders, request.prompt.digest, answer, cut, tokens, unreadable)
        self._ledger.save(entry)
        return entry

    def decide(self, entry: Entry, labels: str | None, tokens: tuple[int, int] = (0, 0)) -> Entry:
        """Decides on the rows of an entry, saves the decisions and returns the new entry.

        `labels` is the answer to the request for second labels. Without it, rows are kept with one label only.
        """
        second = None if labels is None else read_labels(labels)
        judged = self._gate.settle(self.sift(entry.answer, entry.orders), second)
        spent = (entry.tokens[0] + tokens[0], entry.tokens[1] + tokens[1])
        decided = replace(entry, judged=tuple(judged), tokens=spent)
        self._ledger.save(decided)
        return decided


def with_grown(dataset: Path, ledger: Ledger) -> bytes:
    """Returns the CSV with the accepted rows of the ledger at its end, each with its origin.

    In a split column they get `train`. Raises InputError if the file has no header.
    """
    rows = [
        {
            MESSAGE: one.row.message,
            CALLS: calls_cell(one.row.calls),
            SPLIT: "train",
            ORIGIN: ledger.origin,
        }
        for one in ledger.accepted()
    ]
    return with_rows(read_table(dataset), rows, [ORIGIN])
