"""Waiting for a condition: the one loop of the tests that sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PAUSE_SECONDS = 0.02


def wait_until(condition: Callable[[], T], seconds: float = 60.0) -> T:
    """Return what the condition gives once that is true. Raises AssertionError after so many seconds.

    The limit only ends a test that would hang. A condition that cannot become true any more asserts so itself.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{_where(condition)} did not become true within {seconds:g} seconds"
        time.sleep(PAUSE_SECONDS)
    return found


def _where(condition: Callable[[], object]) -> str:
    """The file and line of a condition: most of them are lambdas, which have no name."""
    code = getattr(condition, "__code__", None)
    return f"the condition at {code.co_filename}:{code.co_firstlineno}" if code else repr(condition)
