"""Downloads the small files of a job's results repository to the run's folder; weights are not downloaded."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from backend.errors import InputError
from backend.files import disk_errors, read_json, sync_folder, sync_tree
from backend.hub import MB, Limits, Room, fetch_all, list_files
from backend.jobs.commands import STAGES_OF, SWEEP
from backend.jobs.huggingface.log_sync import merge_events
from backend.jobs.huggingface.remote import Remote
from backend.runs import Run, Scratch, remove

LIMITS = Limits(files=300, file_bytes=48 * MB, total_bytes=300 * MB)
SMALL = re.compile(
    r"run\.json|training\.json|evaluation\.json|sweep\.json|metrics\.jsonl|jobs/[a-z]+\.json"
    r"|checkpoint/tokenizer(?:_config)?\.(?:json|model)"
    r"|inputs/(?:split\.json|train\.csv|test\.csv)"
    r"|export/(?!.*\.litertlm$)[\w.-]+(?:/[\w.-]+)*"
    r"|unfinished/resume/checkpoint-\d+/trainer_state\.json"
)
READING = "read the results in"
RESULTS_REFUSED = "The job has ended. Log in again to download its results."
NEEDED = {
    "train": ("training.json", r"checkpoint/.*\.safetensors"),
    "evaluate": ("evaluation.json",),
    "export": ("export/verification.json", r"export/.*\.litertlm"),
}
"""Patterns of the files that a completed stage has saved; each pattern must match at least one name."""


def fetch_results(
    run: Run, stage: str, remote: Remote, token: str, room: Room | None = None, limits: Limits = LIMITS
) -> list[str]:
    """Downloads the job's results, and returns the names of the missing ones.

    All files come from one commit, and no cache is used that users share. `limits` and `room` bound the download;
    larger files are not downloaded. Raises InputError if the Hub or the disk refuses, or if there are too many files.
    """
    repo = remote.results_repo
    listing = list_files(repo, partial(_is_small, limits.file_bytes), limits, token=token, doing=READING)
    with disk_errors(run.path), Scratch(".results.", run.path) as folder:
        fetch_all(repo, listing, Path(folder), limits, room or Room(limits.total_bytes), token=token, doing=READING)
        report = _job_report(Path(folder), stage)
        remove(run.resume)
        if stage == SWEEP:
            _take_settings(Path(folder), run)
        _move(Path(folder), run)
    return _missing(stage, remote, listing.names, report)


def _is_small(most: int, name: str, size: int) -> bool:
    """Whether to download the file, by its stated size; the download itself stops at the limit."""
    return bool(SMALL.fullmatch(name)) and ".." not in name and size <= most


def _move(folder: Path, run: Run) -> None:
    """Moves the files to the run's folder, each atomically; events are merged into the run's own file.

    Only the records of an unfinished training are moved: they show the step from which it can resume.
    """
    sync_tree(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder)
        if name.as_posix() == "run.json":
            continue
        if name.as_posix() == "metrics.jsonl":
            merge_events(run, path)
            continue
        target = run.path / name.as_posix().removeprefix("unfinished/")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
        sync_folder(target.parent)


def _take_settings(folder: Path, run: Run) -> None:
    """Writes the settings that a search found to the run; nothing else of the fetched run.json is used."""
    with suppress(InputError):  # the run keeps the settings that it has
        config = Run.open(folder).config
        if config != run.config:
            run.with_config(config)


def _job_report(folder: Path, stage: str) -> dict[str, Any]:
    """Returns the job's own report of its end, empty if there is none."""
    path = folder / "jobs" / f"{stage}.json"
    try:
        return read_json(path)
    except InputError:
        return {}


def _missing(stage: str, remote: Remote, found: Sequence[str], report: dict[str, Any]) -> list[str]:
    ref = remote.jobs.get(stage)
    missing = []
    if ref is None or report.get("attempt") != ref.attempt:
        missing.append("this job's own report")
    patterns = [pattern for one in STAGES_OF.get(stage, (stage,)) for pattern in NEEDED[one]]
    return missing + [
        _as_glob(pattern) for pattern in patterns if not any(re.fullmatch(pattern, name) for name in found)
    ]


def _as_glob(pattern: str) -> str:
    return pattern.replace("\\", "").replace(".*", "*")
