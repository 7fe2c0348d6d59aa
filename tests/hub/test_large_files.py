"""A large file that the Hub does not take: the client's Xet errors have no status, and read as plain words.

A 500 is left out: Xet asks again for five minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub.loopback import LoopbackHub

SCRIPT = """
import sys
from pathlib import Path
from backend.errors import InputError
from backend.runs import Run, RunConfig
from backend.runs.hub.repository import upload_run
from tests.conftest import ROOT
examples = ROOT / "examples"
run = Run.create(Path(sys.argv[1]) / "run", RunConfig(), examples / "hiking.csv", examples / "tools.json")
run.checkpoint.mkdir()
(run.checkpoint / "model.safetensors").write_bytes(b"0" * 100_000)
try:
    upload_run(run, "ada/hiking", sys.argv[2])
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("status", [401, 404, None])
def test_a_large_file_that_is_refused_is_an_error_in_words(
    hub: LoopbackHub, tmp_path: Path, status: int | None
) -> None:
    token = hub.world.add_user("ada")
    if status:
        hub.fail("xet-write-token", status)
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home")}
    environment.pop("HF_HUB_DISABLE_XET", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path, token], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Could not upload the run to ada/hiking: large files cannot be sent to")
    assert token not in done.stdout
    assert [line for line in hub.trace if "xet-write-token" in line]
