"""The check of an account from the files that a Space gets, and nothing else of this repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.space_files import select
from tests.hub.doctors import ADA, left, ready_hub, report_of
from tests.hub.loopback import LoopbackHub

CHECK = """
import sys
from ui.services.checkups import Checkups
from ui.services.identity import Identity
checkups = Checkups()
checkups.check_account(Identity(sys.argv[1], sys.argv[2]))
checkup = checkups.last("account")
assert checkup.task.done.wait(120)
print(checkup.task.error or checkup.text)
"""


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A folder that holds what a Space gets."""
    for file in select().files:
        (tmp_path / "app" / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / file.path).write_bytes(file.content)
    return tmp_path / "app"


def ran(deployed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A Python in that folder, which imports from there."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    own = {"TMPDIR": str(deployed.parent), "HOME": str(deployed.parent)}
    return subprocess.run(
        [sys.executable, *command], cwd=deployed, env={**kept, **own}, capture_output=True, text=True, check=False
    )


def test_an_account_s_check_on_a_space_comes_to_its_report(deployed: Path, hub: LoopbackHub) -> None:
    done = ran(deployed, "-c", CHECK, ADA, ready_hub(hub))
    assert done.stderr == ""
    assert "9 passed, 0 failed, 0 could not be checked." in done.stdout
    assert "Packages: gradio" in done.stdout
    assert left(hub) == []


def test_so_does_the_command_in_a_copy_of_it(deployed: Path) -> None:
    done = ran(deployed, "job_templates/doctor.py", "--json")
    assert "Traceback" not in done.stderr
    found = report_of(done.stdout)
    assert found["Python"]["outcome"] == "passed"
    assert found["Packages of the page"]["outcome"] == "passed"
    for title in ("Packages for training", "Packages for tests"):
        assert found[title]["outcome"] == "could not check"
        assert "is not here. On a Space that is normal" in found[title]["seen"]
