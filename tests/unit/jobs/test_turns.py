"""The line of jobs, whatever the clock says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from backend import locks
from backend.jobs import queue as turns


def _ticket(folder: Path, name: str) -> int:
    folder.mkdir(exist_ok=True)
    descriptor = locks.take(folder / f"{name}.ticket")
    assert descriptor is not None
    return descriptor


def test_who_comes_later_stands_behind(tmp_path: Path) -> None:
    first, second, third = (turns.enter(tmp_path / ".queue") for _ in range(3))
    assert [ticket.ahead() for ticket in (first, second, third)] == [0, 1, 2]
    first.leave()
    assert [ticket.ahead() for ticket in (second, third)] == [0, 1]
    fourth = turns.enter(tmp_path / ".queue")
    assert fourth.ahead() == 2


def test_a_ticket_of_a_clock_that_was_ahead_still_stands_before(tmp_path: Path) -> None:
    a_year_ahead = time.time_ns() + 365 * 86400 * 10**9
    earlier = _ticket(tmp_path, f"{a_year_ahead:020d}")
    ticket = turns.enter(tmp_path)
    assert ticket.ahead() == 1
    os.close(earlier)
    assert ticket.ahead() == 0


def test_the_order_holds_past_the_longest_number_and_past_strange_names(tmp_path: Path) -> None:
    held = [_ticket(tmp_path, "9" * 20), _ticket(tmp_path, "strange"), _ticket(tmp_path, "-1")]
    ticket = turns.enter(tmp_path)
    assert ticket.ahead() == 1
    assert turns.enter(tmp_path).ahead() == 2
    for descriptor in held:
        os.close(descriptor)


def test_dead_tickets_go_and_never_lower_the_numbers(tmp_path: Path) -> None:
    os.close(_ticket(tmp_path, f"{7:020d}"))
    ticket = turns.enter(tmp_path)
    assert ticket.path.name == f"{8:020d}.ticket"
    assert [path.name for path in tmp_path.glob("*.ticket")] == [ticket.path.name]


def test_a_lock_that_cannot_be_looked_at_counts_as_held(tmp_path: Path) -> None:
    """Too many open files, or a disk that became read-only, must not let a second job begin."""
    lock = tmp_path / "a.lock"
    lock.touch()
    script = (
        "import os, resource, sys; from pathlib import Path; from backend import locks\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))\n"
        "os.write(1, f'{locks.is_held(Path(sys.argv[1]))} {locks.is_held(Path(sys.argv[1] + \"x\"))}'.encode())"
    )
    done = subprocess.run([sys.executable, "-c", script, lock], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "True"
    assert not locks.is_held(lock)
    assert not locks.is_held(tmp_path / "none")
    held = locks.take(lock)
    assert held is not None
    lock.chmod(0o444)
    assert locks.is_held(lock)
    os.close(held)
