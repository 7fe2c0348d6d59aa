"""The folder in which a run is made: a new one, one that the app prepared, or a temporary one on its way to the Hub."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.data import resolve_source
from backend.errors import InputError
from backend.runs import Run, RunConfig
from backend.runs.files import disk_errors
from backend.runs.hub import prepare_repo, upload_run
from job_templates.cli import say


class Workspace:
    """A run's folder, and the repository it is saved to, if any."""

    def __init__(self, run: Run, repo_id: str | None) -> None:
        self.run = run
        self._repo_id = repo_id

    def save(self) -> None:
        """Put what is there onto the Hub, where the run goes there; a run in a folder is saved already."""
        if self._repo_id is None:
            return
        try:
            url = upload_run(self.run, self._repo_id, os.environ.get("HF_TOKEN"))
        except InputError as error:
            raise InputError(f"{error} What was made is kept in {self._keep()}.") from error
        say(f"Uploaded to {url}")

    def _keep(self) -> Path:
        """Move the run out of its temporary folder, which goes away."""
        kept = Path.cwd() / self.run.id
        with disk_errors(kept):
            shutil.move(self.run.path, kept)
        return kept


@contextmanager
def workspace(config: RunConfig, dataset: str, tools: str, output: str, *, resume: bool = False) -> Iterator[Workspace]:
    """The run for these files and settings in `output`, a folder or a Hub id; InputError where it cannot be made.

    With `resume` the run in the folder may have been trained already.
    """
    table, tools_file = resolve_source(dataset, "train", os.environ.get("HF_TOKEN")), Path(tools).expanduser()
    if not tools_file.is_file():
        raise InputError(f"There is no file {tools}. Name the tools.json with --tools.")
    if output.startswith((".", "/", "~")):
        yield Workspace(_run_in(Path(output).expanduser().absolute(), config, table, tools_file, resume=resume), None)
        return
    prepare_repo(output, os.environ.get("HF_TOKEN"))  # before any work: a refusal afterwards would cost it
    with tempfile.TemporaryDirectory(prefix="run-") as folder:
        run = Run.create(Path(folder) / "run", config, table, tools_file, name=output.partition("/")[2])
        yield Workspace(run, output)


def _run_in(path: Path, config: RunConfig, dataset: Path, tools: Path, *, resume: bool) -> Run:
    """The run that stands in the folder, if it waits for its training, or a new one."""
    if not (path / "run.json").is_file():
        return Run.create(path, config, dataset, tools)
    run = Run.open(path)
    if run.checkpoint.exists() and not resume:
        raise InputError(
            f"The run in {path} has been trained already. Name a new folder with --output-repo, or delete "
            f"{run.checkpoint} to train it again."
        )
    if run.config != config:
        different = [name for name, value in config.to_dict().items() if run.config.to_dict()[name] != value]
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in different)
        raise InputError(f"The run in {path} was made with other settings ({flags}). Name a new folder.")
    for given, kept in ((dataset, run.dataset_path), (tools, run.tools_path)):
        if _digest(given) != _digest(kept):
            raise InputError(f"The run in {path} was made with another {kept.name} than {given}. Name a new folder.")
    return run


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
