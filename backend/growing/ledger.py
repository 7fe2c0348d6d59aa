"""The ledger: a folder that says what was asked, kept and refused, so that a stopped growth goes on where it was."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend import locks
from backend.document import Field, check_schema
from backend.errors import InputError
from backend.files import disk_errors, read_json, write_json
from backend.growing.answers import WrittenRow
from backend.growing.gate import REASONS, Judged, Reason
from backend.growing.material import Material
from backend.growing.plan import Plan
from backend.records import GROWN_BY, Call

SCHEMA = 1
HEAD, REQUESTS, CHOICES = "growing.json", "requests", "choices.json"
LONGEST_TEACHER = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One request for rows: the positions of its orders, its prompt's digest, and the teacher's answer.

    `tokens` are those of prompts and answers, both requests together. `cut` says whether the answer ended early,
    `unreadable` counts the objects in it that were no rows. `judged` is None until the rows are decided on.
    """

    number: int
    orders: tuple[int, ...]
    prompt: str
    answer: str
    cut: bool = False
    tokens: tuple[int, int] = (0, 0)
    unreadable: int = 0
    judged: tuple[Judged, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the entry as one JSON object."""
        judged = None if self.judged is None else [_judged_dict(one) for one in self.judged]
        return {
            "schema": SCHEMA,
            "number": self.number,
            "orders": list(self.orders),
            "prompt": self.prompt,
            "cut": self.cut,
            "tokens": list(self.tokens),
            "unreadable": self.unreadable,
            "judged": judged,
            "answer": self.answer,
        }

    @classmethod
    def read(cls, path: Path) -> Entry:
        """Returns the entry in a file. Raises InputError if it is damaged."""
        document = Field(str(path), read_json(path))
        check_schema(document, SCHEMA)
        read, written = (number.count() for number in document["tokens"].list())
        return cls(
            number=document["number"].count(),
            orders=tuple(order.count() for order in document["orders"].list()),
            prompt=document["prompt"].text(),
            answer=document["answer"].text(),
            cut=document["cut"].flag(),
            tokens=(read, written),
            unreadable=document["unreadable"].count(),
            judged=document.optional("judged", lambda field: tuple(map(_judged, field.list()))),
        )


@dataclass(frozen=True)
class Totals:
    """Rows asked, kept and refused over all requests, the reasons, and the tokens of prompts and answers."""

    asked: int = 0
    kept: int = 0
    refused: Mapping[Reason, int] = field(default_factory=dict)
    unreadable: int = 0
    tokens: tuple[int, int] = (0, 0)

    def line(self, planned: int) -> str:
        """Returns one line of progress."""
        why = ", ".join(f"{number} {REASONS[reason]}" for reason, number in self.refused.items())
        if self.unreadable:
            why = ", ".join(part for part in (why, f"{self.unreadable} not readable") if part)
        refused = sum(self.refused.values()) + self.unreadable
        return f"{self.asked} rows asked, {self.kept} of {planned} kept, {refused} refused{f' ({why})' if why else ''}"


class Ledger:
    """The folder's plan, entries and choices; every change is on the disk before the next request."""

    def __init__(self, folder: Path, teacher: str, date: str, plan: Plan, entries: list[Entry]) -> None:
        self.folder = folder
        self.teacher = teacher
        self.plan = plan
        self._date = date
        self._entries = entries

    @classmethod
    def create(cls, folder: Path, material: Material, plan: Plan, teacher: str, date: str) -> Ledger:
        """Makes the folder. `date` is ISO 8601. Raises InputError if it holds a ledger already."""
        if (folder / HEAD).exists():
            raise InputError(f"{folder} holds rows that were grown before. Continue with --resume, or name another.")
        teacher = " ".join(teacher.split())[:LONGEST_TEACHER]
        head = {"schema": SCHEMA, "teacher": teacher, "date": date, "data": _digest(material), "plan": plan.to_dict()}
        with disk_errors(folder):
            (folder / REQUESTS).mkdir(parents=True, exist_ok=True)
        write_json(folder / HEAD, head)
        return cls(folder, teacher, date, plan, [])

    @staticmethod
    def exists(folder: Path) -> bool:
        """Returns whether the folder holds a ledger."""
        return (folder / HEAD).is_file()

    @classmethod
    def open(cls, folder: Path, material: Material) -> Ledger:
        """Reads the folder. Raises InputError if it is damaged, or if it belongs to another set or split."""
        path = folder / HEAD
        if not path.is_file():
            raise InputError(f"{folder} has no {HEAD}, so there is nothing to resume. Leave --resume out.")
        head = Field(str(path), read_json(path))
        check_schema(head, SCHEMA)
        if head["data"].text() != _digest(material):
            raise InputError(
                f"{folder} was grown from other tools, rows, seed or share of test rows. Name another folder."
            )
        plan = Plan.from_dict(head["plan"].value, material.tools, str(path))
        entries = [Entry.read(file) for file in sorted((folder / REQUESTS).glob("[0-9]*.json"))]
        return cls(folder, head["teacher"].text(), head["date"].text(), plan, entries)

    def withdraw(self) -> bool:
        """Removes the plan if nothing was asked yet, and returns whether it did."""
        if self._entries:
            return False
        with disk_errors(self.folder):
            (self.folder / HEAD).unlink(missing_ok=True)
        return True

    def check_teacher(self, name: str) -> None:
        """Raises InputError if another teacher wrote the rows, because all of them have one origin."""
        if name != self.teacher:
            raise InputError(f"{self.folder} was grown by {self.teacher}. Name another folder for {name}.")

    @property
    def origin(self) -> str:
        """The origin of the rows."""
        return f"{GROWN_BY}{self.teacher} on {self._date}"

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All requests, in order."""
        return tuple(self._entries)

    @property
    def totals(self) -> Totals:
        """The sums over all requests."""
        judged = [one for entry in self._entries for one in entry.judged or ()]
        refused = Counter(one.reason for one in judged if one.reason is not None)
        return Totals(
            asked=sum(len(entry.orders) for entry in self._entries),
            kept=sum(one.reason is None for one in judged),
            refused=dict(refused.most_common()),
            unreadable=sum(entry.unreadable for entry in self._entries),
            tokens=(sum(entry.tokens[0] for entry in self._entries), sum(entry.tokens[1] for entry in self._entries)),
        )

    @property
    def left_out(self) -> frozenset[int]:
        """The positions of the orders whose kept rows the user does not accept."""
        path = self.folder / CHOICES
        if not path.is_file():
            return frozenset()
        return frozenset(order.count() for order in Field(str(path), read_json(path))["left_out"].list())

    def leave_out(self, orders: Collection[int]) -> None:
        """Saves which kept rows the user does not accept; an earlier choice is replaced."""
        write_json(self.folder / CHOICES, {"left_out": sorted(orders)})

    def accepted(self) -> list[Judged]:
        """Returns the kept rows that the user accepts, in the order of the plan."""
        left_out = self.left_out
        kept = {one.order: one for entry in self._entries for one in entry.judged or () if one.reason is None}
        return [kept[order] for order in sorted(kept, key=lambda order: order or 0) if order not in left_out]

    def save(self, entry: Entry) -> None:
        """Writes an entry, a new one or one with the same number."""
        write_json(self.folder / REQUESTS / f"{entry.number:05}.json", entry.to_dict())
        self._entries = sorted([*(one for one in self._entries if one.number != entry.number), entry], key=_number)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps other processes from growing in the folder. Raises InputError if one does already."""
        descriptor = locks.take(self.folder / "growing.lock")
        if descriptor is None:
            raise InputError(f"Another process grows rows in {self.folder}. Wait for its end, or stop it.")
        try:
            yield
        finally:
            os.close(descriptor)


def _number(entry: Entry) -> int:
    return entry.number


def _digest(material: Material) -> str:
    """Returns the SHA-256 of the tools and of the ids on both sides of the split."""
    digest = hashlib.sha256(repr([tool.to_dict() for tool in material.tools]).encode("utf-8", "replace"))
    for rows in (material.train, material.held_out):
        digest.update(" ".join([*sorted(row.id for row in rows), "|"]).encode())
    return digest.hexdigest()


def _judged_dict(judged: Judged) -> dict[str, Any]:
    row = judged.row
    optional = {"order": judged.order, "reason": judged.reason, "detail": judged.detail, "doubt": judged.doubt}
    return {
        "n": row.number,
        "message": row.message,
        "calls": [call.to_dict() for call in row.calls],
        "labelled_twice": judged.labelled_twice,
        **{name: value for name, value in optional.items() if value not in (None, "")},
    }


def _judged(field: Field) -> Judged:
    calls = tuple(Call(call["name"].text(), call["arguments"].mapping()) for call in field["calls"].list())
    reason = field.optional("reason", lambda word: next(name for name in REASONS if name == word.word(REASONS)))
    return Judged(
        WrittenRow(field.optional("n", Field.count), field["message"].text(), calls),
        field.optional("order", Field.count),
        reason,
        field.optional("detail", Field.text) or "",
        field.optional("doubt", Field.text) or "",
        field["labelled_twice"].flag(),
    )
