"""What the tests of jobs on the loop-back Hub share."""

from __future__ import annotations

import time
from pathlib import Path

from huggingface_hub import HfApi

from backend.jobs import JobState
from backend.jobs.huggingface import HuggingFaceRunner, JobRef, Watchers, write_order
from backend.jobs.huggingface.remote import write_remote
from backend.jobs.huggingface.runner import write_queued
from backend.jobs.huggingface.submission import labels
from backend.runs import FolderStore, Run, RunConfig
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

CONFIG = RunConfig(max_examples=40, epochs=1.0, batch_size=8)
MACHINE = "cpu-upgrade"
"""What the real scripts are ordered on: with a GPU they end at once, as the double's jobs find no CUDA."""
QUICK_LOOKS = (0.0, 0.1, 0.2, 0.4)
"""The same looks for a job that got no answer, closer together."""
STEP = {"event": "step", "stage": "train", "steps": 40}
"""What every step of a training says."""
IMAGE = "ghcr.io/astral-sh/uv:python3.12-bookworm"


def ordered_run(folder: Path, config: RunConfig = CONFIG, namespace: str = "ada") -> Run:
    """A run whose machine is chosen."""
    examples = ROOT / "examples"
    run = FolderStore(folder).create(config, examples / "hiking.csv", examples / "tools.json", "Hiking")
    write_order(run, namespace, MACHINE, 1800)
    return run


def runner_of(token: str, namespace: str = "ada") -> HuggingFaceRunner:
    return HuggingFaceRunner(lambda: token, namespace, QUICK_LOOKS)


def scripted_job(hub: LoopbackHub, run: Run, token: str, script: str, stage: str = "train", timeout: int = 60) -> str:
    """A job of the run's that runs a few lines of Python in place of the real script; returns its id."""
    remote = write_order(run, "ada", MACHINE, 1800)
    info = HfApi(token=token).run_job(
        image=IMAGE,
        command=["python", "-c", script],
        flavor=MACHINE,
        timeout=timeout,
        labels=labels(run.id, stage, "a1"),
        namespace="ada",
    )
    write_remote(run, remote.with_job(stage, JobRef(info.id, "a1", time.time(), "ada")))
    write_queued(run, stage)
    if ("model", remote.results_repo) not in hub.world.repos:
        hub.world.add_repo(remote.results_repo, {}, private=True)
    return info.id


def watched_to_end(run: Run, stage: str, token: str, seconds: float = 60, poll: float = 0.05) -> JobState:
    """Follow a job until it ended, and say how."""
    watchers, runner = Watchers(poll, QUICK_LOOKS), runner_of(token)
    try:
        watchers.watch(run, stage, token)
        wait_until(lambda: not (runner.state(run, stage) or JobState("lost")).active, seconds)
    finally:
        watchers.stop()
    state = runner.state(run, stage)
    assert state is not None
    return state
