"""The doctor on a Python that has nothing installed, and on one that is too old."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

DOCTOR = ROOT / "job_templates/doctor.py"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty virtual environment."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, with_pip=False)
    return folder / "bin/python"


def _json(command: list[str | Path], **environment: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, check=False)
    assert "Traceback" not in done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode
    return done.returncode, {one["title"]: one for group in report["groups"].values() for one in group}


def test_nothing_but_the_standard_library_is_needed(bare: Path) -> None:
    code, found = _json([bare, DOCTOR, "--json"])
    assert code == 1
    assert found["Python"]["outcome"] == "passed"
    assert found["Disk"]["outcome"] == "passed"
    page, training = found["Packages of the page"], found["Packages for training"]
    assert page["outcome"] == training["outcome"] == "failed"
    assert "19 of 19 are missing" in page["seen"]
    assert "gradio, fastapi" in page["seen"]
    assert "torch" in training["seen"]
    assert found["LiteRT-LM runtime"]["outcome"] == "could not check"
    assert "requirements-local.txt" in found["LiteRT-LM runtime"]["seen"]
    assert [title for title, one in found.items() if one["outcome"] != "passed" and not one["next"]] == []


def test_neither_are_the_site_packages_of_this_python() -> None:
    code, found = _json([sys.executable, "-I", "-S", DOCTOR, "--json"])
    assert code == 1
    assert found["Packages of the page"]["outcome"] == "failed"


def test_an_account_is_not_asked_without_the_client(bare: Path) -> None:
    _, found = _json([bare, DOCTOR, "--hub", "--json"], HF_TOKEN="hf_" + "Abc1" * 8)
    assert found["Hugging Face client"]["outcome"] == "failed"
    assert "huggingface_hub is not installed" in found["Hugging Face client"]["seen"]


def test_an_old_python_is_told_in_two_lines() -> None:
    script = (
        "import runpy, sys\nsys.version_info = (3, 9, 2)\nsys.argv = ['d']\nrunpy.run_path(%r, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script % str(DOCTOR)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 1
    assert "3.11, 3.12 or 3.13 is required" in done.stderr
    assert "Next: install one of these" in done.stderr


def test_a_package_in_another_version_is_named(tmp_path: Path) -> None:
    for name, version in (("gradio", "1.0"), ("torch", "2.13.0+cpu")):
        folder = tmp_path / f"{name}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    _, found = _json([sys.executable, DOCTOR, "--json"], PYTHONPATH=str(tmp_path))
    assert found["Packages of the page"]["outcome"] == "failed"
    assert "gradio is 1.0, not 6.31.0" in found["Packages of the page"]["seen"]
    assert found["Packages for training"]["outcome"] == "passed"  # a build of torch is no other version
