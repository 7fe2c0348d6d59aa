"""What `uv run` would install for each script on a job's machine: resolved by uv itself, and not downloaded.

PyTorch's own index is replaced by tests/pytorch_index.py, by nothing but its address; all else comes from the index
that pip uses here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from packaging.requirements import Requirement

from tests.pytorch_index import pytorch_index
from tests.unit.test_script_metadata import SCRIPTS, metadata, pins

DEPENDENCIES = {script: cast("list[str]", metadata(script)["dependencies"]) for script in SCRIPTS}
INDEX = "https://download.pytorch.org/whl/cu126"
UV = Path(sys.executable).with_name("uv")
LINUX = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
TORCH = [script for script in SCRIPTS if pins()["torch"] in DEPENDENCIES[script]]
PLAIN = [script for script in SCRIPTS if script not in TORCH]


@pytest.fixture(scope="module")
def index() -> Iterator[tuple[str, list[str]]]:
    with pytorch_index() as served:
        yield served


@pytest.fixture(scope="module")
def locked(index: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """What uv's lock of a script's own requirements holds, for every Python and machine; locked once."""
    folder = tmp_path_factory.mktemp("uv")

    @cache
    def lock(script: Path) -> str:
        copy = folder / script.name
        copy.write_text(script.read_text(encoding="utf-8").replace(INDEX, index[0]), encoding="utf-8")
        _uv("lock", "--script", str(copy), "--no-build", "--cache-dir", str(folder / "cache"))
        return _uv("export", "--script", str(copy), "--no-hashes", "--no-header", "--no-annotate", "--frozen")

    return lock


def installed(lock: str, python: str) -> dict[str, str]:
    """The version of each package by name, on Linux on x86-64 with this Python."""
    machine = {"python_version": python, "python_full_version": f"{python}.9", **LINUX}
    needed = (Requirement(line) for line in lock.splitlines() if not line.startswith("#"))
    met = (one for one in needed if one.marker is None or one.marker.evaluate(machine))
    return {one.name: str(one.specifier).removeprefix("==") for one in met}


def _uv(*arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    if mirror := os.environ.get("PIP_INDEX_URL"):
        environment["UV_DEFAULT_INDEX"] = mirror
    done = subprocess.run([str(UV), *arguments], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_scripts_that_train_and_the_job_itself_need_torch() -> None:
    expected = {"answer_checkpoint", "evaluate", "export", "gpu_check", "hub_job", "pipeline", "sweep", "train"}
    assert {script.stem for script in TORCH} == expected


@pytest.mark.parametrize("script", TORCH, ids=lambda path: path.stem)
def test_torch_comes_from_pytorchs_own_index_for_cuda_12_6_and_nothing_else_does(script: Path) -> None:
    tool = cast("dict[str, dict[str, object]]", metadata(script)["tool"])["uv"]
    assert tool["index"] == [{"name": "pytorch-cu126", "url": INDEX, "explicit": True}]
    linux = "sys_platform == 'linux' and platform_machine == 'x86_64'"
    assert tool["sources"] == {"torch": {"index": "pytorch-cu126", "marker": linux}}


QUICK = ("train", "export")
"""The shortest and the longest list of requirements; unit/test_script_metadata.py holds the pins of all scripts."""


@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize(
    "script",
    [pytest.param(path, id=path.stem, marks=() if path.stem in QUICK else pytest.mark.slow) for path in TORCH],
)
def test_a_job_gets_the_local_torch_for_cuda_12(
    script: Path, python: str, index: tuple[str, list[str]], locked: Callable[[Path], str]
) -> None:
    found = installed(locked(script), python)
    assert found["torch"] == pins()["torch"].partition("==")[2] + "+cu126"
    assert not [name for name in found if name.endswith("-cu13")], "a library of CUDA 13 is among them"
    assert [name for name in found if name.startswith("nvidia-") and name.endswith("-cu12")]
    assert {path.split("/")[3].split("-")[0] for path in index[1]} == {"torch"}, "the index is asked for torch alone"


@pytest.mark.parametrize("python", ["3.11", "3.12"])
@pytest.mark.parametrize("script", PLAIN, ids=lambda path: path.stem)
def test_a_script_without_torch_resolves_without_it(script: Path, python: str, locked: Callable[[Path], str]) -> None:
    assert "torch" not in installed(locked(script), python)
