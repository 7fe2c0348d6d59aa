"""The doctor as the process that it is, against the loop-back Hub, and its checks within a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from backend.doctor.finding import Finding, Outcome
from backend.doctor.hub.account import AccountFindings, check_account
from backend.doctor.hub.jobs import check_jobs
from backend.doctor.hub.one_job import Patience
from backend.doctor.hub.plan import plan_jobs
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub

BASE = "google/functiongemma-270m-it"
ADA = "ada-lovelace"
"""A name that is no part of any other word."""
SCRIPT = str(ROOT / "job_templates/doctor.py")


class Quiet:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Finding] = []

    def doing(self, what: str) -> None:
        """Nothing."""

    def found(self, finding: Finding) -> None:
        self.told.append(finding)


def titled(found: AccountFindings) -> dict[str, Finding]:
    """The findings by their titles."""
    return {one.title: one for one in [*found.free, *found.jobs]}


def checked(token: str | None) -> dict[str, Finding]:
    """What is found of an account, for nothing."""
    return titled(check_account(token, Quiet()))


def checked_jobs(token: str, flavor: str = "t4-small", machine: float = 60.0) -> dict[str, Finding]:
    """What is found of an account and its jobs."""
    plan = plan_jobs(token, flavor)
    patience = Patience(machine=machine, poll=0.1)
    jobs = check_account(token, Quiet(), lambda visit, watcher: check_jobs(visit, plan, watcher, patience))
    return titled(jobs)


def outcomes(found: dict[str, Finding]) -> dict[str, Outcome]:
    return {title: one.outcome for title, one in found.items()}


def ready_hub(hub: LoopbackHub) -> str:
    """ADA, who accepted the base model's terms; her token."""
    hub.world.add_repo(BASE, {"config.json": b"{}"}, gated=True).accepted.add(ADA)
    return hub.world.add_user(ADA)


def left(hub: LoopbackHub) -> list[str]:
    """The doctors' repositories that are there."""
    return [name for kind, name in hub.world.repos if kind == "dataset" and "/fgt-doctor-" in name]


def start(token: str, folder: Path, *flags: str, **options: Any) -> subprocess.Popen[str]:
    """The doctor, with temporary files of its own."""
    environment = {**os.environ, "HF_TOKEN": token, "TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, SCRIPT, *flags],
        env=environment,
        text=True,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def report_of(text: str) -> dict[str, dict[str, str]]:
    """The findings in what --json printed, by their titles."""
    groups: dict[str, list[dict[str, str]]] = json.loads(text)["groups"]
    return {one["title"]: one for group in groups.values() for one in group}
