"""The results of checks, and the watcher that gets their progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from backend.errors import InputError
from backend.redact import redact

REPORT_IT = "Please report this."


class Stopped(Exception):
    """The watcher ends the checks; the objects that a check has made are removed."""


class Outcome(StrEnum):
    """The outcome of a check; "could not check" is never reported as one of the other two."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "could not check"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: what was found, and the next step, empty if there is none."""

    title: str
    outcome: Outcome
    seen: str
    next: str = ""

    def to_json(self) -> dict[str, str]:
        """Returns the finding as one JSON object."""
        return {"title": self.title, "outcome": self.outcome.value, "seen": self.seen, "next": self.next}


class Watcher(Protocol):
    """Gets the progress of the checks."""

    def doing(self, what: str) -> None:
        """Called with the title of the check that begins; raises Stopped to end the checks."""

    def found(self, finding: Finding) -> None:
        """Called with the result of a check."""


def passed(title: str, seen: str) -> Finding:
    """Returns a finding without a next step."""
    return Finding(title, Outcome.PASSED, seen)


def failed(title: str, seen: str, then: str) -> Finding:
    """Returns a failure with the next step."""
    return Finding(title, Outcome.FAILED, seen, then)


def unknown(title: str, seen: str, then: str = "") -> Finding:
    """Returns a finding that could not be checked, with the reason."""
    return Finding(title, Outcome.UNKNOWN, seen, then)


def checked(title: str, check: Callable[[], Finding]) -> Finding:
    """Returns the finding of a check, without secrets; if the check raises an error, its outcome is UNKNOWN."""
    found = _checked(title, check)
    return replace(found, seen=redact(found.seen), next=redact(found.next))


def _checked(title: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except Stopped:
        raise
    except InputError as error:
        return unknown(title, str(error))
    except Exception as error:  # noqa: BLE001 - the other checks still run
        return unknown(title, f"The check itself failed ({type(error).__name__}: {error}).", REPORT_IT)


def check_all(checks: Iterable[tuple[str, Callable[[], Finding]]], watcher: Watcher) -> list[Finding]:
    """Runs the checks one after the other, and reports each to the watcher."""
    findings = []
    for title, check in checks:
        watcher.doing(title)
        findings.append(checked(title, check))
        watcher.found(findings[-1])
    return findings
