"""Runs of ada's as a search finds them on the Hub: their repositories, their jobs, their marks."""

from __future__ import annotations

import json
from pathlib import Path

from huggingface_hub import HfApi

from backend.jobs.huggingface.remote import repo_names
from backend.jobs.huggingface.submission import labels
from backend.runs import Run, RunConfig
from tests.conftest import ROOT
from tests.hub.accounts import APP
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import IMAGE, MACHINE

EXAMPLES = ROOT / "examples"


def made(hub: LoopbackHub, folder: Path, run_id: str, made_by: str | None = APP) -> str:
    """The repository of a run of ada's."""
    run = Run.create(folder / run_id, RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", f"Run {run_id}")
    names = ("run.json", "inputs/dataset.csv", "inputs/tools.json")
    files = {name: (run.path / name).read_bytes() for name in names}
    files["job.json"] = json.dumps({"flavor": MACHINE, "timeout_seconds": 600}).encode()
    inputs, _ = repo_names(run_id, "ada")
    hub.world.add_repo(inputs, files, "dataset", private=True, made_by=made_by)
    return inputs


def job_of(token: str, run_id: str, stage: str = "train", **more: str) -> str:
    """A job whose labels name the run."""
    marks = {**labels(run_id, stage, "a1"), **more}
    return HfApi(token=token).run_job(image=IMAGE, command=["true"], labels=marks, namespace="ada").id


def mark_in(hub: LoopbackHub, repo: str) -> bool:
    return "forgotten.json" in hub.world.repos["dataset", repo].commits[-1][1]
