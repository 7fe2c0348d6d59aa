"""Downloads that are generated on request from a run's folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.device import write_kit_of_run, write_project_of_run
from backend.runs import Run, Scratch, check_no_links
from backend.scoring import Evaluation, rows_csv
from ui.export.android_kit import PROJECT_ZIP, ZIP


@dataclass(frozen=True, slots=True)
class Made:
    """How a file is generated from a run (raises InputError if that is not possible), and its media type."""

    content: Callable[[Run], bytes]
    media_type: str


def _rows(run: Run) -> bytes:
    check_no_links(run.path)
    return rows_csv(Evaluation.read(run.evaluation_path)).encode()


def _kit(run: Run) -> bytes:
    check_no_links(run.path)
    with Scratch() as folder:
        return write_kit_of_run(run, Path(folder) / ZIP).read_bytes()


def _project(run: Run) -> bytes:
    check_no_links(run.path)
    with Scratch() as folder:
        return write_project_of_run(run, Path(folder) / PROJECT_ZIP).read_bytes()


MADE: Mapping[str, Made] = {
    "rows.csv": Made(_rows, "text/csv; charset=utf-8"),
    ZIP: Made(_kit, "application/zip"),
    PROJECT_ZIP: Made(_project, "application/zip"),
}
