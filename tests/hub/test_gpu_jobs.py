"""A job on a machine whose GPU this torch cannot use: it ends at once, before any data is fetched, and says why."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from backend.jobs.huggingface import read_remote, write_order
from job_templates.hub.mounted import copy_code
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import ordered_run, runner_of, watched_to_end


@pytest.mark.parametrize("stage", ["train", pytest.param("pipeline", marks=pytest.mark.slow)])  # one way in
def test_a_job_without_a_usable_gpu_ends_before_it_fetches_anything(
    hub: LoopbackHub, tmp_path: Path, stage: str
) -> None:
    token = hub.world.add_user("ada")
    run = ordered_run(tmp_path)
    write_order(run, "ada", "t4-small", 1800)
    runner_of(token).submit(run, stage)
    asked = len(hub.trace)
    state = watched_to_end(run, stage, token)
    assert (state.state, state.exit_code) == ("failed", 1)
    assert state.message.startswith("The job's GPU (t4-small) cannot be used.")
    for told in (
        "NVIDIA driver",
        "torch 2.13.0",
        "built for CUDA",
        "Start the job again",
        "choose another kind of machine",
    ):
        assert told in state.message
    remote = read_remote(run)
    assert remote is not None
    (job,) = hub.jobs.all.values()
    by_the_job = [line for line in hub.trace[asked:] if "/api/jobs/" not in line and remote.inputs_repo in line]
    assert by_the_job == []
    assert hub.world.repos["model", remote.results_repo].commits[1:] == []
    assert not [text for _, text in job.lines if "Traceback" in text]


@pytest.mark.slow  # test_road.py trains on a machine without a GPU
def test_on_a_cpu_machine_nothing_is_checked(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    run = ordered_run(tmp_path)
    runner_of(token).submit(run, "train")
    assert watched_to_end(run, "train", token, 240).state == "completed"
    (job,) = hub.jobs.all.values()
    assert not [text for _, text in job.lines if "GPU" in text]


def test_the_code_is_copied_from_the_mount_and_runs_from_there(tmp_path: Path) -> None:
    """A mount is read over the network: a stage that begins hours later must not depend on it."""
    scripts = copy_code(tmp_path / "code")
    for script in ("train", "evaluate", "export", "pipeline"):
        told = subprocess.run([sys.executable, scripts / f"{script}.py", "--help"], capture_output=True, check=False)
        assert told.returncode == 0, told.stderr
