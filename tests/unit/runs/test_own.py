"""Nothing that lies outside a run's folder reaches a visitor through a link in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.files import copy_file, write_bytes, write_output
from backend.jobs.huggingface.remote import write_order
from backend.jobs.logs import read_log
from backend.runs import FolderStore, Run, RunConfig, read_json, write_json
from backend.runs.link_check import check_no_links, own_file
from tests.conftest import ROOT
from ui.export.made_files import MADE
from ui.frame.downloads import offered
from ui.services.exports import exported
from ui.services.stages import has_result
from ui.services.tenants import Tenants

EXAMPLES = ROOT / "examples"
SECRET = '{"tuned": {"combined": {"value": 1.0}, "rows": []}, "secret": "hunter2"}'
NAMES = ["evaluation.json", "training.json", "metrics.jsonl", "remote.json", "inputs/tools.json", "inputs/dataset.csv"]
NAMES += ["stages/train.json", "logs/train.log", "export/verification.json", "export/tools_android.json"]
NAMES += ["export/model.litertlm", "checkpoint/tokenizer.json", "run.json", "resume/checkpoint-1/trainer_state.json"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return FolderStore(tmp_path / "runs").create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret.json"
    path.write_text(SECRET)
    return path


def _put(run: Run, name: str) -> Path:
    path = run.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["file", "folder", "fifo"])
def test_a_run_with_a_link_or_a_fifo_is_not_opened(run: Run, secret: Path, name: str, kind: str) -> None:
    path = _put(run, name)
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "file" or path.parent == run.path:
        path.symlink_to(secret)
    else:
        path.parent.rename(secret.parent / "moved")
        path.parent.symlink_to(secret.parent / "moved")
    store = FolderStore(run.path.parent)
    with pytest.raises(InputError, match=r"(is a link|neither a file nor a folder)\. A run may contain only files"):
        store.open(run.id)
    entry = store.list()[0]
    assert entry.run is None
    assert "A run may contain only files" in (entry.error or "")


def test_links_are_not_served_even_where_the_run_was_opened_before(run: Run, secret: Path) -> None:
    write_json(run.export_dir / "verification.json", {"file": "model.litertlm"})
    assert offered(run, "verification.json").is_file()
    for name in ("evaluation.json", "export/tools_android.json", "export/model.litertlm"):
        _put(run, name).symlink_to(secret)
    for name in ("evaluation.json", "tools_android.json", "model.litertlm"):
        with pytest.raises(InputError, match=r"has no file .* It has verification\.json\."):
            offered(run, name)
    assert exported(run) is None
    assert not has_result(run, "evaluate")
    for made in MADE.values():
        with pytest.raises(InputError, match="is a link"):
            made.content(run)


def test_a_folder_that_is_a_link_serves_nothing(run: Run, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("model.litertlm", "verification.json"):
        (elsewhere / name).write_text(SECRET)
    run.export_dir.symlink_to(elsewhere)
    for name in ("model.litertlm", "verification.json"):
        with pytest.raises(InputError, match="It has nothing yet"):
            offered(run, name)
    assert exported(run) is None


@pytest.mark.parametrize("name", ["../secret.json", "/etc/hostname", "inputs", "inputs/..", "none/none", ".."])
def test_only_files_below_the_folder_are_its_own(run: Run, secret: Path, name: str) -> None:
    assert secret.exists()
    assert own_file(run.path, name) is None
    assert own_file(run.path, "inputs/tools.json") == run.tools_path


def test_a_run_that_lies_behind_a_link_further_up_is_its_own(run: Run, tmp_path: Path) -> None:
    (tmp_path / "disk").symlink_to(run.path.parent)
    assert FolderStore(tmp_path / "disk").open(run.id).id == run.id
    check_no_links(tmp_path / "disk" / run.id)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "large"])
def test_what_is_no_small_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "evaluation.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path = Path("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 70 * 1024 * 1024)
    with pytest.raises(InputError, match=r"missing|larger than 64 MB"):
        read_json(path)
    if kind != "large":
        with pytest.raises(InputError, match=r"Could not read .*(regular|directory)"):
            read_log(path)
        with pytest.raises(InputError, match=r"Could not read .*(regular|directory)"):
            copy_file(path, tmp_path / "copy")


def test_a_run_record_has_a_limit(run: Run) -> None:
    path = run.path / "run.json"
    path.write_text(path.read_text() + " " * 2**20)
    with pytest.raises(InputError, match=r"run\.json is larger than 1 MB"):
        Run.open(run.path)


def test_a_device_and_a_fifo_are_written_to_and_stay(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    write_bytes(fifo, b"words")
    assert os.read(reader, 10) == b"words"
    os.close(reader)
    write_bytes(Path("/dev/null"), b"words")
    assert fifo.is_fifo()
    assert Path("/dev/null").is_char_device()


def test_a_link_that_a_user_names_stays_a_link(tmp_path: Path) -> None:
    write_output(tmp_path / "new/folders/file", b"words")
    assert (tmp_path / "new/folders/file").read_bytes() == b"words"
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_output(tmp_path / "link", b"one")
    write_output(tmp_path / "link", b"two")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"two"
    write_bytes(tmp_path / "link", b"three")  # a run's own file: nothing is written through a link
    assert (tmp_path / "target").read_bytes() == b"two"


@pytest.mark.parametrize("name", ["evaluation.json", "remote.json"])
def test_a_run_that_holds_a_link_can_be_deleted(run: Run, secret: Path, name: str) -> None:
    write_order(run, "ada", "cpu-basic", 3600)
    _put(run, name).symlink_to(secret)
    Tenants(run.path.parent).services(None).delete(run.id)
    assert not run.path.exists()
    assert secret.read_text() == SECRET
