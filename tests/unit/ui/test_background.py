"""Work beside the page: results are kept by memory and by owner, and nobody keeps the others waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ui.services.fair_queue import OBJECTS_PER_BYTE, Budget, memory_of
from ui.services.tasks import UNFORESEEN, Task, Tasks

KB = 1024
SMALL = Budget(bytes=100 * KB, share=40 * KB, pending=2, recent_seconds=0.0, group=2)


def result(kilobytes: int) -> bytes:
    """Something that counts as so many kilobytes of memory."""
    return b"x" * (kilobytes * KB // OBJECTS_PER_BYTE)


def done(tasks: Tasks[bytes], key: str, kilobytes: int, owner: str = "") -> Task[bytes]:
    task = tasks.start(key, lambda _task: result(kilobytes), owner)
    assert task.done.wait(30)
    settled(tasks)
    return task


def settled(tasks: Tasks[bytes]) -> None:
    """Wait until the worker has counted what it did last."""
    tasks._pool.submit(lambda: None).result(30)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Work that waits for this does not hold the test up."""
    event = threading.Event()
    yield event
    event.set()


def test_a_size_is_told_in_about_what_it_takes() -> None:
    assert 100 * KB < memory_of("x" * 100 * KB) < 1000 * KB
    assert memory_of(threading.Lock()) > 0


def test_more_than_twelve_visitors_keep_their_results() -> None:
    tasks = Tasks[bytes]("test")
    kept = [done(tasks, f"key {number}", 1, f"visitor {number}") for number in range(60)]
    assert [tasks.start(f"key {number}", lambda _task: b"anew") for number in range(60)] == kept


def test_the_least_recently_used_goes_first_and_only_as_many_as_must() -> None:
    tasks = Tasks[bytes]("test", budget=SMALL)
    for name in "abc":
        done(tasks, name, 30)
    assert tasks.get("a")
    done(tasks, "d", 30)
    assert [name for name in "abcd" if tasks.get(name)] == ["a", "c", "d"]


def test_an_owner_pushes_out_their_own_results_and_nobody_elses() -> None:
    tasks = Tasks[bytes]("test", budget=SMALL)
    done(tasks, "ada's", 30, "ada")
    for number in range(8):
        done(tasks, f"eve's {number}", 15, "eve")
    assert tasks.get("ada's")
    assert [number for number in range(8) if tasks.get(f"eve's {number}")] == [6, 7]


def test_what_was_looked_at_just_now_stays_and_what_does_not_fit_waits() -> None:
    tasks = Tasks[bytes]("test", budget=Budget(bytes=100 * KB, share=40 * KB, pending=2, recent_seconds=3600))
    done(tasks, "open", 30, "eve")
    refused = tasks.start("next", lambda _task: result(30), "eve", expected_bytes=30 * KB)
    assert "starts by itself" in str(refused.error)
    assert refused.done.is_set()
    assert tasks.get("next") is None
    assert tasks.get("open")
    assert done(tasks, "ada's", 30, "ada").error is None


def test_one_owner_has_few_pieces_under_way_and_others_are_served_meanwhile(gate: threading.Event) -> None:
    tasks = Tasks[bytes]("test", workers=2, budget=SMALL)

    def wait(_task: Task[bytes]) -> bytes:
        assert gate.wait(60)
        return b""

    eves = [tasks.start(f"eve's {number}", wait, "eve") for number in range(10)]
    assert [task.error is None for task in eves] == [True, True, *[False] * 8]
    assert "2 tasks running" in str(eves[-1].error)
    ada = tasks.start("ada's", lambda _task: b"served", "ada")
    assert ada.done.wait(30)
    assert ada.result == b"served"
    gate.set()
    assert all(task.done.wait(30) for task in eves[:2])
    assert [task.result for task in eves[:2]] == [b"", b""]
    assert tasks.start("eve's 9", lambda _task: b"now", "eve").error is None


def test_owners_take_turns(gate: threading.Event) -> None:
    tasks = Tasks[bytes]("test", budget=Budget(pending=10))
    order: list[str] = []
    begun = threading.Event()

    def first(_task: Task[bytes]) -> bytes:
        begun.set()
        assert gate.wait(60)
        return b""

    tasks.start("first", first, "eve")
    assert begun.wait(60)
    last = [
        tasks.start((owner, number), lambda _task, owner=owner: order.append(owner) or b"", owner)
        for owner in ("eve", "ada", "bob")
        for number in range(3)
    ]
    gate.set()
    assert all(task.done.wait(30) for task in last)
    assert order == ["eve", "ada", "bob"] * 3


def test_a_panic_that_is_no_exception_ends_its_task() -> None:
    class Panic(BaseException):
        """As pyo3's."""

    def panic(_task: Task[bytes]) -> bytes:
        raise Panic

    tasks = Tasks[bytes]("test")
    task = tasks.start("key", panic)
    assert task.done.wait(30)
    assert task.error == UNFORESEEN
    assert done(tasks, "other", 1).error is None
