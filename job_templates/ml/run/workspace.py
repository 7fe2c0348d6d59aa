"""The folder of a run that is being made: a new one, one that the app prepared, or a temporary one for the Hub."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.data import resolve_set
from backend.errors import InputError
from backend.off_topic import read_near_misses
from backend.runs import Event, Run, RunConfig, Scratch, append_event, built_beside
from backend.runs.hub import download_trained, download_unfinished, prepare_repo, upload_run
from job_templates.cli import say


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the command line names: a file of rows or a Hub dataset, the tools, and the file of near misses, if any.

    Without `tools`, the dataset must declare them.
    """

    dataset: str
    tools: str | None
    near_misses: Path | None = None

    def files(self) -> Files:
        """Returns the standard files, a Hub dataset as its download. Raises InputError if one cannot be used."""
        if self.tools and not Path(self.tools).expanduser().is_file():
            raise InputError(f"There is no file {self.tools}. Name the tools.json with --tools.")
        found = resolve_set(self.dataset, self.tools, "train", os.environ.get("HF_TOKEN"))
        for sentence in found.summary.sentences:
            say(sentence)
        near_misses = self.near_misses and self.near_misses.expanduser()
        if near_misses:
            read_near_misses(near_misses)
        return Files(found.dataset, found.tools, near_misses)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a run's inputs."""

    dataset: Path
    tools: Path
    near_misses: Path | None


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
def workspace(config: RunConfig, inputs: Inputs, output: str, *, resume: bool = False) -> Iterator[Workspace]:
    """The run for these files and settings in `output`, a folder or a Hub id. Raises InputError if it cannot be made.

    With `resume` the run may have been trained already, and a run in a repository is downloaded.
    """
    files = inputs.files()
    if output.startswith((".", "/", "~")):
        yield Workspace(_run_in(Path(output).expanduser().absolute(), config, files, resume=resume), None)
        return
    prepare_repo(output, os.environ.get("HF_TOKEN"))  # before any work, which an error afterwards would waste
    with Scratch("run-") as folder:
        path = Path(folder) / "run"
        run = _run_from(output, path) if resume else None
        if run is None:
            run = _new_run(path, config, files, output.partition("/")[2])
        else:
            _check_same(run, output, config, files)
        yield Workspace(run, output)


def _run_from(repo_id: str, path: Path) -> Run | None:
    """The run in a repository, with an interrupted or a finished training; None if there is neither."""
    token = os.environ.get("HF_TOKEN")
    run = download_unfinished(repo_id, path, token) or download_trained(repo_id, path, token)
    say(f"Fetched the run in {repo_id}" if run else f"{repo_id} has no training to resume. A new training starts.")
    return run


def _new_run(path: Path, config: RunConfig, files: Files, name: str | None = None) -> Run:
    return Run.create(path, config, files.dataset, files.tools, name, files.near_misses)


def _run_in(path: Path, config: RunConfig, files: Files, *, resume: bool) -> Run:
    """The run in the folder if it is not trained yet, or a new one."""
    if not (path / "run.json").is_file():
        return _new_run(path, config, files)
    run = Run.open(path)
    if run.checkpoint.exists() and not resume:
        raise InputError(
            f"The run in {path} has been trained already. Name a new folder with --output-repo, or delete "
            f"{run.checkpoint} to train it again."
        )
    _check_same(run, str(path), config, files)
    return run


def _check_same(run: Run, place: str, config: RunConfig, files: Files) -> None:
    """Raises InputError if the run was made with other settings or files than these.

    If no near misses are named, the run may have some.
    """
    if run.config != config:
        different = [name for name, value in config.to_dict().items() if run.config.to_dict()[name] != value]
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in different)
        raise InputError(f"The run in {place} was made with other settings ({flags}). Name another --output-repo.")
    pairs = [(files.dataset, run.dataset_path), (files.tools, run.tools_path)]
    if files.near_misses:
        pairs.append((files.near_misses, run.near_misses_path))
    for given, saved in pairs:
        if not saved.is_file() or _digest(given) != _digest(saved):
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
