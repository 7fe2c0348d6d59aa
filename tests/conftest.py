"""What every test shares: the data beside the checkout, and a process that cannot reach the real Hub."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.ports import number_of, reserved_port

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

    from tests.hub.loopback import LoopbackHub

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


# The Hub's client reads these once, when it is first imported, so they are set before any test module is.
HUB_SOCKET = reserved_port()
HUB_HOME = tempfile.mkdtemp(prefix="hub-home-")
atexit.register(shutil.rmtree, HUB_HOME, ignore_errors=True)
for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "SPACE_ID", "SYSTEM"):
    os.environ.pop(name, None)
os.environ.update(
    HF_ENDPOINT=f"http://127.0.0.1:{number_of(HUB_SOCKET)}",
    HF_HOME=HUB_HOME,
    HF_HUB_DISABLE_XET="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    GRADIO_ANALYTICS_ENABLED="False",
)

# One thread for each process that trains or answers, and none that spins while it waits: two tests share the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples every time: a change is judged by what it changes. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("repeat", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))


LONGEST = (
    "browser/test_accounts.py",
    "browser/test_road.py",
    "jobs/test_export.py",
    "jobs/test_grow.py",
    "unit/growing/test_teachers.py",
    "browser/test_runs.py",
    "jobs/test_sweep.py",
    "browser/test_search.py",
    "browser/test_growing.py",
    "browser/test_all_runs.py",
    "jobs/test_hostile_folders.py",
    "unit/ui/test_damaged_runs.py",
    "hub/test_road.py",
    "hub/test_ended_login.py",
    "browser/test_evaluate.py",
    "hub/test_owners_token.py",
    "browser/test_doctor.py",
    "attacks/test_bounds.py",
    "attacks/test_logins.py",
    "attacks/test_foreign_page.py",
    "hub/test_deploy_faults.py",
    "browser/test_fixes.py",
    "browser/test_in_browser.py",
    "browser/test_data.py",
    "browser/test_editing.py",
    "browser/test_editing_new.py",
    "hub/test_deploy.py",
    "attacks/test_two_users.py",
    "attacks/test_fuzz.py",
    "attacks/test_files.py",
    "agents/test_attacks.py",
    "agents/test_tools.py",
    "jobs/test_train.py",
    "jobs/test_train_resume.py",
    "jobs/test_answer_checkpoint.py",
    "jobs/test_gpu_benchmark.py",
    "hub/test_foreign_tokenizers.py",
    "hub/test_deployed_app.py",
)
"""The files that take longest (--durations), in whose order a test process takes them; all others follow.

One process trains and exports what `exported_run` gives while the other is busy with the first of them.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the longest files first, so that no process is left alone with one of them at the end."""
    tests = Path(__file__).parent
    places = {tests / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(LONGEST)))


@dataclass(frozen=True)
class DataSet:
    """Two real input files, read in place."""

    dataset: Path
    tools: Path


@pytest.fixture(scope="session")
def cycling() -> DataSet:
    """942 rows, 6 tools with one query each."""
    return DataSet(SHARED / "data/cycling/cycling-copilot.csv", SHARED / "data/cycling/tools.json")


@pytest.fixture(scope="session")
def snips7() -> DataSet:
    """2,095 crowd-sourced rows, 7 tools with one query each."""
    return DataSet(SHARED / "data/snips7/train.csv", SHARED / "data/snips7/tools.json")


@pytest.fixture(scope="session")
def hub_server() -> Iterator[LoopbackHub]:
    """The one Hub behind HF_ENDPOINT."""
    from tests.hub.loopback import LoopbackHub  # imports the client, which reads what was set above

    server = LoopbackHub(HUB_SOCKET)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser that scripts/test found (CHROMIUM), or Debian's."""
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one Playwright of a test process: a second one would not start beside it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started
