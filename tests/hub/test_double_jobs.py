"""The loop-back Hub's jobs are no kinder than the documentation: their volumes, what they are told, refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, JobInfo, Volume
from huggingface_hub.errors import HfHubHTTPError

from backend.jobs.huggingface import submission
from tests.hub import mounts
from tests.hub.jobs import Job
from tests.hub.loopback import LoopbackHub
from tests.hub.mounts import Mount
from tests.hub.remote_runs import IMAGE
from tests.waiting import wait_until

TOLD = """
import json, os
print(json.dumps({name: os.environ.get(name) for name in ("JOB_ID", "ACCELERATOR", "CPU_CORES", "MEMORY")}))
"""
LOOKS = """
import json, os
from pathlib import Path
def refused(path):
    try:
        Path(path).write_text("x")
    except OSError as error:
        return error.strerror
words = {"seen": Path("/fgt/inputs/rows.csv").read_text(), "tops": sorted(os.listdir("/fgt")), "cwd": os.getcwd()}
print(json.dumps({**words, "refused": refused("/fgt/new"), "given": os.environ["PLACE"]}))
"""


@pytest.fixture
def token(hub: LoopbackHub) -> str:
    return hub.world.add_user("ada")


def order(token: str, script: str, flavor: str = "cpu-basic", **more: Any) -> JobInfo:
    """A job of ada's that runs a few lines of Python."""
    asked = {"image": IMAGE, "command": ["python", "-c", script], "flavor": flavor, "namespace": "ada", **more}
    return HfApi(token=token).run_job(**asked)


def ended(hub: LoopbackHub, info: JobInfo) -> Job:
    job = hub.jobs.all[info.id]
    wait_until(lambda: job.ended and job.process is not None and job.process.poll() is not None)
    return job


def said(job: Job) -> Any:
    """What the job printed as one JSON object."""
    assert job.stage == "COMPLETED", job.lines
    return json.loads(job.lines[-1][1])


def volume(path: str, kind: Any = "dataset") -> list[Volume]:
    return [Volume(type=kind, source="ada/rides", mount_path=path)]


@pytest.mark.parametrize(
    ("flavor", "accelerator", "cores", "memory"),
    [("cpu-basic", "none", "2", "16Gi"), ("cpu-upgrade", "none", "8", "32Gi"), ("t4-small", "t4-small", "4", "15Gi")],
)
def test_a_job_is_told_its_machine_as_the_documentation_says(
    hub: LoopbackHub, token: str, flavor: str, accelerator: str, cores: str, memory: str
) -> None:
    info = order(token, TOLD, flavor, env={"ACCELERATOR": "mine"})
    expected = {"JOB_ID": info.id, "ACCELERATOR": accelerator, "CPU_CORES": cores, "MEMORY": memory}
    assert said(ended(hub, info)) == expected


def test_no_job_finds_a_card_of_this_machine(hub: LoopbackHub, token: str) -> None:
    job = ended(hub, order(token, "import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))", "t4-small"))
    assert job.lines[-1][1] == "''"


@pytest.mark.skipif(not mounts.namespaces(), reason="this machine allows no mount namespaces")
def test_a_job_sees_its_volume_at_the_path_that_it_asked_for(hub: LoopbackHub, token: str) -> None:
    """Words that name the path stay as they are, and nothing of it is left outside."""
    hub.world.add_repo("ada/rides", {"inputs/rows.csv": b"a,b\n"}, "dataset", private=True)
    info = order(token, LOOKS, env={"PLACE": "/fgt/inputs"}, volumes=volume("/fgt"))
    expected = {"seen": "a,b\n", "tops": ["inputs"], "cwd": "/", "refused": "Read-only file system"}
    job = ended(hub, info)
    assert said(job) == {**expected, "given": "/fgt/inputs"}
    assert "hub-job-" not in Path("/proc/self/mounts").read_text()
    assert not Path("/fgt").exists()
    folder = job.folder
    assert folder is not None
    wait_until(lambda: not folder.exists())


@pytest.mark.skipif(not mounts.namespaces(), reason="this machine allows no mount namespaces")
def test_folders_are_mounted_beside_each_other_and_a_bucket_s_can_be_written(tmp_path: Path) -> None:
    base = tmp_path / "base"
    base.mkdir()
    placed = [Mount(tmp_path / "v", path, path == "/opt/out") for path in ("/code/a", "/code/b", "/opt/out")]
    for mount in placed:
        mount.folder.mkdir(parents=True)
        (mount.folder / "name").write_text(mount.path)
    script = "cat /code/*/name; ls /code /opt; echo new > /opt/out/new; echo new > /code/a/new"
    done = subprocess.run(
        mounts.placed(["sh", "-c", script], placed, base), capture_output=True, text=True, check=False
    )
    assert done.stdout == "/code/a/code/b/code:\na\nb\n\n/opt:\nout\n"
    assert "Read-only file system" in done.stderr
    assert (tmp_path / "v/opt/out/new").read_text() == "new\n"
    assert list(base.iterdir()) == []


def test_without_namespaces_the_words_that_name_a_mounted_path_are_changed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mounts, "namespaces", tuple)
    given = [Mount(tmp_path, "/code/backend"), Mount(tmp_path, "/fgt")]
    words = ["/fgt", "/fgt/x.py", "/fgty", "/code", "fgt", "-c", ""]
    assert mounts.placed(words, given, tmp_path) == [
        f"{tmp_path}/fgt", f"{tmp_path}/fgt/x.py", "/fgty", f"{tmp_path}/code", "fgt", "-c", ""
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/", "", "fgt", "/fgt/", "/a//b", "/a/../etc", "/data", "/data/x"]
    + [f"{name}{below}" for name in ("/run", "/var", "/etc", "/proc", "/sys", "/dev", "/usr", "/tmp", "/root", "/home")
       for below in ("", "/fgt")],
)  # fmt: skip
def test_a_mount_that_keeps_a_container_from_starting_is_refused(hub: LoopbackHub, token: str, path: str) -> None:
    hub.world.add_repo("ada/rides", {"a": b""}, "dataset")
    with pytest.raises(HfHubHTTPError, match="cannot be mounted at"):
        order(token, "", volumes=volume(path))
    assert hub.jobs.all == {}


def test_the_product_mounts_where_nothing_else_lies(hub: LoopbackHub, token: str) -> None:
    hub.world.add_repo("ada/rides", {"a": b""}, "dataset")
    assert submission.MOUNT == "/fgt"
    assert ended(hub, order(token, "", volumes=volume(submission.MOUNT))).stage == "COMPLETED"
    with pytest.raises(HfHubHTTPError, match="mounted at twice"):
        order(token, "", volumes=volume("/fgt") * 2)
