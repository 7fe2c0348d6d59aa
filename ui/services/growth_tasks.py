"""The threads in which growths are opened, priced and written, for all accounts."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from backend.growing import Estimate, Price, Totals
from ui.services.growth import Growth
from ui.services.tasks import Task, Tasks
from ui.services.teacher_choice import TeacherChoice

MOST_OPEN = 40


@dataclass(frozen=True, slots=True)
class TeacherOffer:
    """What asking a teacher means: its address, the estimate and the price.

    `page` is the loaded page that asked; only that page may start it.
    """

    choice: TeacherChoice
    place: str
    planned: Estimate
    price: Price | None
    page: str | None


@dataclass
class GrowthTasks:
    """The threads that all accounts share. `running` has the growths that a teacher writes for, and their tokens."""

    opening: Tasks[Growth] = field(default_factory=lambda: Tasks[Growth]("grow-open", workers=2, most=MOST_OPEN))
    offers: Tasks[TeacherOffer] = field(default_factory=lambda: Tasks[TeacherOffer]("grow-price", workers=2))
    asking: Tasks[Totals] = field(default_factory=lambda: Tasks[Totals]("grow", workers=8))
    running: dict[Path, tuple[Task[Growth], Task[Totals], str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_running(self, folder: Path) -> Task[Growth] | None:
        """The growth that a teacher writes for now; None if none does."""
        for known, (_, task, _) in list(self.running.items()):
            if task.done.is_set():
                self.running.pop(known, None)
        found = self.running.get(folder)
        return found[0] if found else None

    def forget(self, token: str) -> None:
        """Stop the growths that ask Hugging Face with this token, because its login has ended."""
        for _, task, used in list(self.running.values()):
            if used == token:
                task.stop.set()
