"""The run that a job works on: a copy of the mounted run, with the results of earlier jobs."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download

from backend.errors import InputError
from backend.files import disk_errors
from backend.hub import hub_errors
from backend.runs import Run, Scratch, remove
from backend.runs.hub import download_unfinished
from job_templates.cli import say

CODE = Path(__file__).resolve().parents[2]
EARLIER = ["training.json", "metrics.jsonl", "evaluation.json", "sweep.json", "checkpoint/*", "export/*", "inputs/*"]
NOT_NEEDED = ["*.litertlm"]


def copy_mounted(mounted: Path, folder: Path) -> Run:
    """Copy run.json and inputs/ from a read-only mount, and return the copy. Raises InputError if there is no run."""
    if not (mounted / "run.json").is_file():
        raise InputError(f"{mounted} holds no run: it has no run.json. Mount the run's dataset repository there.")
    with disk_errors(folder, "copy the run to"):
        folder.mkdir(parents=True)
        shutil.copyfile(mounted / "run.json", folder / "run.json")
        for path in sorted((mounted / "inputs").rglob("*")):
            if path.is_file():
                target = folder / path.relative_to(mounted)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    return Run.open(folder)


def copy_code(folder: Path) -> Path:
    """Copy the running code, and return the folder of its scripts.

    A mounted file is read over the network when it is opened. A stage that starts hours later must not depend on that.
    """
    with disk_errors(folder, "copy the code to"):
        for package in ("backend", "job_templates"):
            shutil.copytree(CODE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder / "job_templates"


def fetch_earlier(run: Run, repo_id: str, token: str, *, resume: bool) -> None:
    """Download the results of earlier jobs into the run's folder. Raises InputError if they cannot be read.

    With `resume`, the state of an unfinished training is downloaded too. The mounted inputs are not overwritten.
    """
    logging.getLogger("huggingface_hub._snapshot_download").setLevel(logging.ERROR)  # a first job finds no files there
    with hub_errors(repo_id, "read the results of earlier jobs in"):
        names = {file.rfilename for file in HfApi(token=token).model_info(repo_id).siblings or []}
        mounted = {path.name for path in run.inputs.iterdir()}
        ignored = [*NOT_NEEDED, *(f"inputs/{name}" for name in mounted)]
        snapshot_download(repo_id, local_dir=run.path, allow_patterns=EARLIER, ignore_patterns=ignored, token=token)
    shutil.rmtree(run.path / ".cache", ignore_errors=True)
    if resume and not run.checkpoint.exists() and any(name.startswith("unfinished/") for name in names):
        _fetch_unfinished(run, repo_id, token)


def _fetch_unfinished(run: Run, repo_id: str, token: str) -> None:
    with Scratch("unfinished-", run.path.parent) as folder:
        found = download_unfinished(repo_id, Path(folder) / "run", token)
        if found is None:
            return
        remove(run.resume)
        shutil.move(found.resume, run.resume)
        if found.metrics_path.exists():
            shutil.move(found.metrics_path, run.metrics_path)
    say("Fetched the saved state of the unfinished training")
