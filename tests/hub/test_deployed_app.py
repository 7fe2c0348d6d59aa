"""What was deployed starts: as a Space, from a folder that cannot be written, with nothing else of this repository."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from backend.jobs import LocalRunner
from backend.runs import FolderStore
from scripts.space_files import select
from tests.attacks.orders import asking, runs_listed, started_here
from tests.attacks.outsider import Outsider
from tests.attacks.surface import Surface
from tests.hub.loopback import LoopbackHub
from tests.ports import number_of, reserved_port
from tests.waiting import wait_until

START_SECONDS = 90.0
NPM = """#!{python}
import json, pathlib
locked = json.loads(pathlib.Path("package-lock.json").read_text())["packages"]
assert pathlib.Path("package.json").is_file()
for place, package in locked.items():
    if place:
        folder = pathlib.Path(place)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({{"version": package["version"]}}))
pathlib.Path("node_modules/.package-lock.json").write_text("{{}}")
"""
"""Stands in for npm, which would fetch 108 MB: the packages' names and versions, without what they hold."""
WITHOUT_MODES = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
"""Root, which file modes bind then as they bind others."""
READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A folder that holds what a Space gets."""
    for file in select().files:
        (tmp_path / "app" / file.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / file.path).write_bytes(file.content)
    return tmp_path / "app"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder for what lies outside the app: `bin` with an npm, `tmp` for temporary files, `log`."""
    for name in ("bin", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/npm").write_text(NPM.format(python=sys.executable))
    (tmp_path / "bin/npm").chmod(0o755)
    return tmp_path


@contextlib.contextmanager
def running(app: Path, outside: Path, before: Sequence[str] = (), **environment: str) -> Iterator[Outsider]:
    """The app of that folder as a process, from another folder and without FGT_HOME."""
    kept_port = reserved_port()
    port = number_of(kept_port)
    kept = {name: value for name, value in os.environ.items() if name not in ("FGT_HOME", "PYTHONPATH")}
    own = {"TMPDIR": str(outside / "tmp"), "PATH": f"{outside / 'bin'}:{os.environ['PATH']}"}
    with (outside / "log").open("wb") as log:
        process = subprocess.Popen(
            [*before, sys.executable, str(app / "app.py"), "--port", str(port)],
            cwd=outside,
            env={**kept, **own, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    visitor = Outsider(f"http://127.0.0.1:{port}/")
    try:
        wait_until(lambda: process.poll() is not None or _answers(port), START_SECONDS)
        assert process.poll() is None, said(outside)
        yield visitor
    finally:
        visitor.close()
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        kept_port.close()


def _answers(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


def said(outside: Path) -> str:
    return (outside / "log").read_text(encoding="utf-8")


def opened(visitor: Outsider) -> bool:
    """Whether the page comes whole: its settings and its first view."""
    page = visitor.get("")
    surface = Surface(visitor)
    return page.status_code == 200 and "FunctionGemma Trainer" in json.dumps(surface.config)


def test_what_was_deployed_starts_as_a_space(deployed: Path, outside: Path, hub: LoopbackHub) -> None:
    hub.world.add_user("ada")
    hub.world.accounts.paying.add("ada")
    with running(deployed, outside, **hub.oauth.space_environment()) as visitor:
        assert opened(visitor)
        visitor.log_in("ada")
        assert visitor.get("examples/hiking.csv").status_code == 200
        wait_until(lambda: "LiteRT-LM for the browser is installed." in said(outside))
    assert "Traceback" not in said(outside)
    assert (deployed / "runs").is_dir()


def _read_only_mount(app: Path) -> list[str]:
    """A mount of the folder that cannot be written, in a name space of the process's own."""
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    command = [*own, "sh", "-c", READ_ONLY, str(app)]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*command, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("this machine does not let a test mount a folder")
    return command


def _modes(app: Path) -> list[str]:
    """The modes of files and folders, for a process that they bind."""
    for folder, _, _ in os.walk(app):
        Path(folder).chmod(0o555)
    if os.geteuid():
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("without setpriv root writes everywhere")
    return WITHOUT_MODES


@pytest.fixture
def kept(outside: Path) -> Iterator[Path]:
    """Where the app keeps what it cannot keep beside itself; no job goes on there afterwards."""
    folder = outside / f"tmp/functiongemma-trainer-{os.geteuid()}-kept"
    yield folder
    for entry in FolderStore(folder / "runs").list():
        if entry.run:
            LocalRunner().cancel(entry.run, "train")


@pytest.mark.slow  # the test above starts it
@pytest.mark.parametrize(
    ("bind", "reason"),
    [
        pytest.param(_read_only_mount, "Read-only file system", marks=pytest.mark.slow),  # as below, for another reason
        (_modes, "Permission denied"),
    ],
)
def test_a_folder_that_cannot_be_written_is_enough(
    deployed: Path, outside: Path, kept: Path, bind: Callable[[Path], list[str]], reason: str
) -> None:
    before = bind(deployed)
    with running(deployed, outside, before, HOME="/nonexistent") as visitor:
        assert opened(visitor)
        run = started_here(Surface(visitor), asking(visitor, "read-only"), "Elsewhere")
        assert run is not None
        assert FolderStore(kept / "runs").open(run).dataset_path.is_file()
        wait_until(lambda: "LiteRT-LM for the browser is installed." in said(outside))
        assert visitor.get("model_worker.js").status_code == 200
    told = said(outside)
    assert told.count(f"{deployed}/runs cannot be written ({reason}), so runs are stored in {kept}/runs") == 1
    assert f"{deployed} cannot be written, so LiteRT-LM for the browser goes to {kept}/browser-runtime" in told
    assert "Traceback" not in told
    assert [path.stat().st_mode & 0o777 for path in (kept, kept / "runs", kept / "browser-runtime")] == [0o700] * 3
    assert (kept / "browser-runtime/node_modules/.package-lock.json").is_file()
    assert not (deployed / "runs").exists()
    assert not (deployed / "node_modules").exists()
    with running(deployed, outside, before) as visitor:  # the next start finds all of it, and installs nothing
        assert "Elsewhere" in runs_listed(Surface(visitor), visitor)
    assert "Installing" not in said(outside)


@pytest.mark.slow  # the test above starts it
def test_a_folder_that_one_named_is_no_other(deployed: Path, outside: Path, kept: Path) -> None:
    named = outside / "named"
    named.mkdir(mode=0o555)
    with running(deployed, outside, _modes(deployed), FGT_HOME=str(named)) as visitor:
        assert opened(visitor)
    assert f"{named}/.incoming" in said(outside)
    assert "so runs are stored in" not in said(outside)
    assert not (kept / "runs").exists()
