"""The README's `hf jobs` command, run as it stands there with huggingface_hub's own command line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import MACHINE

SMALL = ["--max-examples", "40", "--epochs", "1"]


@pytest.mark.slow  # test_road.py holds such a job, tests/unit/test_docs.py the flags in the README
def test_the_command_in_the_readme_trains_on_the_hub(hub: LoopbackHub, tmp_path: Path) -> None:
    """The names of the user's repositories are filled in, and fewer rows are asked for."""
    token = hub.world.add_user("ada")
    rows = (ROOT / "examples" / "hiking.csv").read_bytes()
    hub.world.add_repo("ada/rides", {"train.csv": rows}, "dataset", private=True)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"^hf jobs uv run (?:.*\\\n)*.*$", readme, re.MULTILINE)
    assert "--flavor t4-small" in written  # its GPU has no CUDA that the double's jobs could use
    filled = (
        written.replace("--flavor t4-small", f"--flavor {MACHINE}")
        .replace("\\\n", " ")
        .replace("USER/DATA", "ada/rides")
        .replace("USER/MODEL", "ada/hiking")
    )
    _, *arguments = shlex.split(filled)
    environment = {**os.environ, "HF_TOKEN": token, "HF_HOME": str(tmp_path), "NO_COLOR": "1"}
    environment.pop("HF_HUB_DISABLE_XET")  # buckets are Xet alone
    done = subprocess.run(
        [Path(sys.executable).with_name("hf"), *arguments, *SMALL],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Uploaded to" in done.stdout
    (spec,) = hub.jobs.asked
    assert (spec["flavor"], spec["timeoutSeconds"]) == (MACHINE, 7200)
    assert spec["command"][:4] == ["uv", "run", "/data/train.py", "--dataset"]
    stored = hub.world.repos["model", "ada/hiking"]
    assert stored.private
    assert {"checkpoint/model.safetensors", "training.json"} <= set(stored.commits[-1][1])
    assert token not in done.stdout + done.stderr
