"""Where an exported file goes: a folder, or a Hub repository that is filled when the file has been verified."""

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
    """The folder that is written, and the repository it is then copied to, if any."""

    folder: Path
    repo_id: str | None = None

    def publish(self, card: str | None = None) -> None:
        """Copy the folder into the repository, and the model card, if there is a new one, to its top.

        InputError says where the export is kept if the Hub refuses it.
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
                        commit_message="Say in the model card what the export found",
                    )
        except InputError as error:
            raise InputError(f"{error} The export is kept in {self._keep()}.") from error
        say(f"Uploaded to {self.repo_id}, folder {EXPORT}.")

    def _keep(self) -> Path:
        """Move the export out of its temporary folder, which goes away."""
        kept = Path.cwd() / f"{EXPORT}-{secrets.token_hex(4)}"
        with built_beside(kept) as building:
            shutil.copytree(self.folder, building, dirs_exist_ok=True)
        return kept


@contextmanager
def find_destination(output: str | None, source: ModelSource) -> Iterator[Destination]:
    """The destination that `--output-repo` names; without one, wherever the model itself is. InputError."""
    if output is None and source.repo_id is None:
        yield _in_folder(source.run.path if source.run is not None else source.folder)
    elif output is not None and output.startswith((".", "/", "~")):
        yield _in_folder(Path(output).expanduser().absolute())
    else:
        repo_id = output or source.repo_id or ""
        prepare_repo(repo_id, os.environ.get("HF_TOKEN"))  # before any work: a refusal afterwards would cost it
        with Scratch("export-") as folder:
            yield Destination(Path(folder), repo_id)


def _in_folder(folder: Path) -> Destination:
    with disk_errors(folder / EXPORT, "create"):
        (folder / EXPORT).mkdir(parents=True, exist_ok=True)
    return Destination(folder / EXPORT)
