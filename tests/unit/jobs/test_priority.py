"""A job stands back behind the page: by its niceness, and by its session's where the system weighs sessions."""

from __future__ import annotations

import os
from pathlib import Path

from backend.jobs import LocalRunner
from backend.jobs.supervise import NICENESS
from backend.runs import Run, RunConfig
from tests.conftest import DataSet
from tests.waiting import wait_until

WEIGHS_ITSELF = """
import os
from pathlib import Path
group = Path("/proc/self/autogroup")
print(os.nice(0), group.read_text() if group.exists() else "no groups here")
"""


def test_a_job_stands_back_behind_the_page(tmp_path: Path, cycling: DataSet) -> None:
    run = Run.create(tmp_path / "runs" / "one", RunConfig(), cycling.dataset, cycling.tools, "one")
    (tmp_path / "train.py").write_text(WEIGHS_ITSELF)
    runner = LocalRunner(tmp_path)
    runner.submit(run, "train")
    state = wait_until(lambda: (found := runner.state(run, "train")) and not found.active and found)
    assert state
    nice, _, group = runner.log(run, "train")[0].strip().partition(" ")
    assert state.state == "completed"
    assert int(nice) == min(os.nice(0) + NICENESS, 19)
    assert group == "no groups here" or group.endswith(f"nice {NICENESS}")
