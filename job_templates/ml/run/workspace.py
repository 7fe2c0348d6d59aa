"""The folder of a run that is being made: a new one, one that the app prepared, or a temporary one for the Hub."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.data import resolve_source
from backend.errors import InputError
from backend.runs import Event, Run, RunConfig, Scratch, append_event, built_beside
from backend.runs.hub import download_trained, download_unfinished, prepare_repo, upload_run
from job_templates.cli import say


class Workspace:
    """A run's folder, and the repository it is saved to, if any."""

    def __init__(self, run: Run, repo_id: str | None) -> None:
        self.run = run
        self.repo_id = repo_id

    def save(self) -> None:
        """Upload the run if it belongs to a Hub repository; a run in a folder is saved already."""
        if self.repo_id is None:
            return
        try:
            url = upload_run(self.run, self.repo_id, os.environ.get("HF_TOKEN"))
        except InputError as error:
            raise InputError(f"{error} The run is saved in {self._move_out()} instead.") from error
        say(f"Uploaded to {url}")

    def _move_out(self) -> Path:
        """Copy the run out of its temporary folder, which will be removed; returns the copy."""
        saved = Path.cwd() / self.run.id
        with built_beside(saved) as building:
            shutil.copytree(self.run.path, building, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".*"))
        return saved


@contextmanager
def workspace(config: RunConfig, dataset: str, tools: str, output: str, *, resume: bool = False) -> Iterator[Workspace]:
    """The run for these files and settings in `output`, a folder or a Hub id. Raises InputError if it cannot be made.

    With `resume` the run may have been trained already, and a run in a repository is downloaded.
    """
    table, tools_file = resolve_source(dataset, "train", os.environ.get("HF_TOKEN")), Path(tools).expanduser()
    if not tools_file.is_file():
        raise InputError(f"There is no file {tools}. Name the tools.json with --tools.")
    if output.startswith((".", "/", "~")):
        yield Workspace(_run_in(Path(output).expanduser().absolute(), config, table, tools_file, resume=resume), None)
        return
    prepare_repo(output, os.environ.get("HF_TOKEN"))  # before any work, which an error afterwards would waste
    with Scratch("run-") as folder:
        path = Path(folder) / "run"
        run = _run_from(output, path) if resume else None
        if run is None:
            run = Run.create(path, config, table, tools_file, name=output.partition("/")[2])
        else:
            _check_same(run, output, config, table, tools_file)
        yield Workspace(run, output)


def _run_from(repo_id: str, path: Path) -> Run | None:
    """The run in a repository, with an interrupted or a finished training; None if there is neither."""
    token = os.environ.get("HF_TOKEN")
    run = download_unfinished(repo_id, path, token) or download_trained(repo_id, path, token)
    say(f"Fetched the run in {repo_id}" if run else f"{repo_id} has no training to resume. A new training starts.")
    return run


def _run_in(path: Path, config: RunConfig, dataset: Path, tools: Path, *, resume: bool) -> Run:
    """The run in the folder if it is not trained yet, or a new one."""
    if not (path / "run.json").is_file():
        return Run.create(path, config, dataset, tools)
    run = Run.open(path)
    if run.checkpoint.exists() and not resume:
        raise InputError(
            f"The run in {path} has been trained already. Name a new folder with --output-repo, or delete "
            f"{run.checkpoint} to train it again."
        )
    _check_same(run, str(path), config, dataset, tools)
    return run


def _check_same(run: Run, place: str, config: RunConfig, dataset: Path, tools: Path) -> None:
    """Raises InputError if the run was made with other settings or files than these."""
    if run.config != config:
        different = [name for name, value in config.to_dict().items() if run.config.to_dict()[name] != value]
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in different)
        raise InputError(f"The run in {place} was made with other settings ({flags}). Name another --output-repo.")
    for given, saved in ((dataset, run.dataset_path), (tools, run.tools_path)):
        if _digest(given) != _digest(saved):
            raise InputError(
                f"The run in {place} was made with another {saved.name} than {given}. Name another --output-repo."
            )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def stage(run: Run, name: str) -> Iterator[None]:
    """Write the stage's start and end to metrics.jsonl; the end is done, or failed with the reason."""

    def write_state(state: str, message: str = "") -> None:
        append_event(run.metrics_path, Event("stage", name, state=state, message=message).to_dict())

    write_state("started")
    try:
        yield
    except BaseException as error:
        write_state("failed", str(error) or type(error).__name__)
        raise
    write_state("done")
