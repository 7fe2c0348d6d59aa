"""The destination of an exported file: a folder, or a Hub repository, to which the verified file is uploaded."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi

from backend.errors import InputError
from backend.files import disk_errors
from backend.hub import hub_errors
from backend.runs import Scratch, built_beside
from backend.runs.hub import prepare_repo
from job_templates.cli import say
from job_templates.ml.models import ModelSource

EXPORT, CARD = "export", "README.md"


@dataclass(frozen=True, slots=True)
class Destination:
    """The folder that is written, and the repository that it is then uploaded to, if any."""

    folder: Path
    repo_id: str | None = None

    def publish(self, card: str | None = None) -> None:
        """Upload the folder to the repository, and the new model card, if there is one, to its root.

        Raises InputError, with the folder that has the export, if the Hub refuses the upload.
        """
        if self.repo_id is None:
            return
        try:
            with hub_errors(self.repo_id, "upload the export to"):
                api = HfApi(token=os.environ.get("HF_TOKEN"))
                api.upload_folder(
                    repo_id=self.repo_id,
                    folder_path=self.folder,
                    path_in_repo=EXPORT,
                    ignore_patterns=[".*"],
                    commit_message="Export for LiteRT-LM",
                )
                if card is not None:
                    api.upload_file(
                        repo_id=self.repo_id,
                        path_or_fileobj=card.encode(),
                        path_in_repo=CARD,
                        commit_message="Add the result of the export to the model card",
                    )
        except InputError as error:
            raise InputError(f"{error} The export is saved in {self._move_out()}.") from error
        say(f"Uploaded to {self.repo_id}, folder {EXPORT}.")

    def _move_out(self) -> Path:
        """Copy the export out of its temporary folder, which will be removed; returns the copy."""
        saved = Path.cwd() / f"{EXPORT}-{secrets.token_hex(4)}"
        with built_beside(saved) as building:
            shutil.copytree(self.folder, building, dirs_exist_ok=True)
        return saved


@contextmanager
def find_destination(output: str | None, source: ModelSource) -> Iterator[Destination]:
    """The destination that `--output-repo` names, by default the folder or repository of the model.

    Raises InputError if it cannot be written.
    """
    if output is None and source.repo_id is None:
        yield _in_folder(source.run.path if source.run is not None else source.folder)
    elif output is not None and output.startswith((".", "/", "~")):
        yield _in_folder(Path(output).expanduser().absolute())
    else:
        repo_id = output or source.repo_id or ""
        prepare_repo(repo_id, os.environ.get("HF_TOKEN"))  # before any work, which an error afterwards would waste
        with Scratch("export-") as folder:
            yield Destination(Path(folder), repo_id)


def _in_folder(folder: Path) -> Destination:
    with disk_errors(folder / EXPORT, "create"):
        (folder / EXPORT).mkdir(parents=True, exist_ok=True)
    return Destination(folder / EXPORT)
