"""What a check can say, and who is told of it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from backend.errors import InputError
from backend.redact import redact

REPORT_IT = "Please report this."


class Stopped(Exception):
    """Whoever watches wants no more checks; what was begun is cleaned up."""


class Outcome(StrEnum):
    """How a check ended; that something could not be checked is never told as one of the other two."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "could not check"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: what was seen, and what to do next, empty if nothing is to be done."""

    title: str
    outcome: Outcome
    seen: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        """The finding as one JSON object."""
        return {"title": self.title, "outcome": self.outcome.value, "seen": self.seen, "next": self.next}


class Watcher(Protocol):
    """Who is told how far the checks are."""

    def doing(self, what: str) -> None:
        """What is looked at now; raises Stopped to end the checks."""

    def found(self, finding: Finding) -> None:
        """Something that was found."""


def passed(title: str, seen: str) -> Finding:
    """A finding that asks for nothing."""
    return Finding(title, Outcome.PASSED, seen)


def failed(title: str, seen: str, then: str) -> Finding:
    """A finding with the next step."""
    return Finding(title, Outcome.FAILED, seen, then)


def unknown(title: str, seen: str, then: str = "") -> Finding:
    """Something that could not be told, and why."""
    return Finding(title, Outcome.UNKNOWN, seen, then)


def checked(title: str, check: Callable[[], Finding]) -> Finding:
    """What a check finds, without secrets; one that breaks could not check, and says why."""
    found = _checked(title, check)
    return replace(found, seen=redact(found.seen), next=redact(found.next))


def _checked(title: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Stopped:
        raise
    except InputError as error:
        return unknown(title, str(error))
    except Exception as error:  # noqa: BLE001 - the others are still worth checking
        return unknown(title, f"The check itself failed ({type(error).__name__}: {error}).", REPORT_IT)


def check_all(checks: Iterable[tuple[str, Callable[[], Finding]]], watcher: Watcher) -> list[Finding]:
    """Make the checks one after the other, telling the watcher of each."""
    findings = []
    for title, check in checks:
        watcher.doing(title)
        findings.append(checked(title, check))
        watcher.found(findings[-1])
    return findings
