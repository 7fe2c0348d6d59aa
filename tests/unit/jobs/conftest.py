"""Runs and local runners, whose jobs have ended when the test has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.jobs import LocalRunner
from backend.runs import Run, RunConfig
from tests.conftest import DataSet


@pytest.fixture
def make_run(tmp_path: Path, cycling: DataSet) -> Iterator[Callable[[str], Run]]:
    runs = []

    def make(name: str) -> Run:
        runs.append(Run.create(tmp_path / "runs" / name, RunConfig(), cycling.dataset, cycling.tools, name))
        return runs[-1]

    yield make
    runner = LocalRunner(grace_seconds=0)
    for run in runs:
        for lock in run.path.glob("stages/*.lock"):
            runner.cancel(run, lock.stem)


@pytest.fixture
def make_runner(tmp_path: Path) -> Callable[..., LocalRunner]:
    def make(grace_seconds: float = 10, **scripts: str) -> LocalRunner:
        folder = tmp_path / "scripts"
        folder.mkdir(exist_ok=True)
        for stage, text in scripts.items():
            (folder / f"{stage}.py").write_text(text)
        return LocalRunner(folder, grace_seconds=grace_seconds)

    return make
