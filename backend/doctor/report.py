"""The findings as a text that can be shown to others: it contains no token, no account and no home folder."""

from __future__ import annotations

import os
import platform
import pwd
import re
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from backend.doctor.finding import Finding, Outcome
from backend.doctor.packages import version_lines
from backend.redact import plain_address, redact
from backend.runs import code_version

SCHEMA = 1
ALL_PASSED, SOMETHING_FAILED, SOMETHING_UNKNOWN = 0, 1, 3
"""The exit codes; 2 is wrong usage."""
ACCOUNT = "ACCOUNT"
WIDTH, INDENT, TITLES = 112, 18, 28
USUAL_ENDPOINT = "https://huggingface.co"
SHORTEST_NAME = 3
NO_NAMES = {
    "app", "bin", "boot", "cache", "code", "content", "data", "dev", "etc", "home", "kaggle", "lib", "lib64", "local",
    "media", "mnt", "opt", "private", "proc", "root", "run", "runs", "sbin", "srv", "sys", "temp", "tmp", "user",
    "users", "usr", "var", "volumes", "work", "workspace",
}  # fmt: skip
"""Folder names of many systems: in a path they do not identify a user."""
OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True, slots=True)
class Report:
    """The findings in groups; `account` and `secrets` are removed from all output.

    `ended` is True if the checks were ended early.
    """

    groups: Sequence[tuple[str, Sequence[Finding]]]
    account: str | None = None
    secrets: Sequence[str] = field(default=(), repr=False)
    ended: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings, in order."""
        return [finding for _, findings in self.groups for finding in findings]

    @property
    def exit_code(self) -> int:
        """0 if all passed, 1 if something failed, 3 if nothing failed and something could not be checked."""
        outcomes = {finding.outcome for finding in self.findings}
        if Outcome.FAILED in outcomes:
            return SOMETHING_FAILED
        return SOMETHING_UNKNOWN if Outcome.UNKNOWN in outcomes else ALL_PASSED

    @property
    def summary(self) -> str:
        """The numbers of passed, failed and unknown findings, as text."""
        count = Counter(finding.outcome for finding in self.findings)
        counted = (f"{count[Outcome.PASSED]} passed", f"{count[Outcome.FAILED]} failed")
        early = "; the checks were ended early" if self.ended else ""
        return f"{', '.join(counted)}, {count[Outcome.UNKNOWN]} could not be checked{early}"

    def text(self) -> str:
        """The report as text for an issue."""
        lines = [*map(self.masked, _system().values()), ""]
        for name, findings in self._masked_groups():
            lines += [name, *(line for finding in findings for line in _lines(finding)), ""]
        lines += [f"{self.summary}.", "", *_packages()]
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, Any]:
        """The report as one JSON object."""
        groups = {name: [finding.to_json() for finding in findings] for name, findings in self._masked_groups()}
        system = {key: self.masked(value) for key, value in _system().items()}
        ended = {"ended": True} if self.ended else {}
        code = {"exit_code": self.exit_code, "packages": version_lines()}
        return {"schema": SCHEMA, **system, **ended, "groups": groups, **code}

    def _masked_groups(self) -> list[tuple[str, list[Finding]]]:
        """The findings without private names; masked before lines are wrapped, because a break can hide a name."""
        return [
            (name, [replace(one, seen=self.masked(one.seen), next=self.masked(one.next)) for one in findings])
            for name, findings in self.groups
        ]

    def masked(self, text: str) -> str:
        """The text without tokens, without the account's name, and with ~ for the home folder."""
        text = redact(text, [secret for secret in self.secrets if secret])
        if self.account:
            text = re.sub(rf"(?<![\w-]){re.escape(self.account)}(?![\w-])", ACCOUNT, text)
        return without_home(text)


def without_home(text: str) -> str:
    """The text with ~ for the home folder of any user, and USER for a folder with this user's name."""
    home = _home()
    if home:
        text = re.sub(rf"{re.escape(home)}(?=/|\b|$)", "~", text)
    text = re.sub(r"(?<![\w.~-])/(?:home|Users)/[^/\s:,;]+", "~", text)
    for user in _users(home):
        text = re.sub(rf"(?<=/){re.escape(user)}(?![\w-]|\.\w)", "USER", text)
    return text


def _users(home: str) -> set[str]:
    """The names of this process's user, without those that are also names of system folders."""
    names = {os.environ.get("USER", ""), os.environ.get("LOGNAME", ""), Path(home).name}
    with suppress(KeyError):  # the system has no entry for this user
        names.add(pwd.getpwuid(os.getuid()).pw_name)
    return {name for name in names if len(name) >= SHORTEST_NAME and name.lower() not in NO_NAMES}


def _home() -> str:
    try:
        return str(Path.home()).rstrip("/")
    except RuntimeError:  # the user has no home folder
        return ""


def _packages() -> list[str]:
    return textwrap.wrap(
        f"Packages: {', '.join(version_lines())}.", WIDTH, break_long_words=False, break_on_hyphens=False
    )


def _lines(finding: Finding) -> list[str]:
    first = f"  {finding.outcome.value:<{INDENT - 2}}{finding.title:<{TITLES}}{finding.seen}"
    indent = " " * (INDENT + TITLES)
    lines = textwrap.wrap(first, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    if finding.next:
        lines += textwrap.wrap(
            f"Next: {finding.next}", WIDTH, initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def _system() -> dict[str, str]:
    """The versions of the app, the system and Python."""
    python = f"Python {platform.python_version()} ({platform.python_implementation()})"
    libc = " ".join(part for part in platform.libc_ver() if part)
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    endpoint = plain_address(os.environ.get("HF_ENDPOINT", USUAL_ENDPOINT))
    return {
        "app": f"FunctionGemma Trainer {code_version()}, checked {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}",
        "system": ", ".join(part for part in (_distribution(), kernel, libc) if part),
        "python": python + ("" if sys.prefix == sys.base_prefix else ", in a virtual environment"),
    } | ({} if endpoint == USUAL_ENDPOINT else {"hub": f"Hub: {endpoint}"})


def _distribution() -> str:
    try:
        text = OS_RELEASE.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)"?$', text, re.MULTILINE)
    return found[1] if found else ""
