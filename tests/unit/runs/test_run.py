from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from backend.errors import InputError
from backend.locks import take
from backend.runs import FolderStore, Run, RunConfig
from tests.conftest import DataSet


@pytest.fixture
def run(tmp_path: Path, cycling: DataSet) -> Run:
    return Run.create(tmp_path / "my run", RunConfig(), cycling.dataset, cycling.tools, "Bikes")


def test_a_run_opens_as_it_was_made(run: Run, cycling: DataSet) -> None:
    assert Run.open(run.path) == run
    assert run.data["dataset_name"] == "cycling-copilot.csv"
    assert run.data["dataset_sha256"] == hashlib.sha256(cycling.dataset.read_bytes()).hexdigest()
    assert (run.data["rows"], run.data["tools"]) == (942, 6)
    assert run.dataset_path.read_bytes() == cycling.dataset.read_bytes()
    assert run.tools_path.read_bytes() == cycling.tools.read_bytes()
    assert run.code_version.startswith("0.")


def test_a_new_run_can_be_read_by_others_and_written_by_its_owner(run: Run) -> None:
    assert stat.S_IMODE(run.path.stat().st_mode) == 0o755
    assert os.access(run.tools_path, os.W_OK)  # shared data is read-only, copies are not


def test_an_empty_folder_is_taken_and_a_full_one_is_not(tmp_path: Path, cycling: DataSet) -> None:
    (tmp_path / "new").mkdir()
    run = Run.create(tmp_path / "new", RunConfig(), cycling.dataset, cycling.tools)
    assert run.name == "cycling-copilot"
    with pytest.raises(InputError, match="already exists"):
        Run.create(tmp_path / "new", RunConfig(), cycling.dataset, cycling.tools)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="already exists"):
        Run.create(tmp_path / "link", RunConfig(), cycling.dataset, cycling.tools)


def test_an_input_that_cannot_be_read_leaves_nothing_behind(tmp_path: Path, cycling: DataSet) -> None:
    with pytest.raises(InputError, match=r"Could not read .*none\.json: No such file"):
        Run.create(tmp_path / "new", RunConfig(), cycling.dataset, tmp_path / "none.json")
    assert list(tmp_path.iterdir()) == []


def test_near_misses_are_copied_if_there_are_any(run: Run, tmp_path: Path, cycling: DataSet) -> None:
    assert not run.near_misses_path.exists()
    mine = tmp_path / "mine.txt"
    mine.write_text("cycling is fun\n")
    other = FolderStore(tmp_path / "store").create(RunConfig(), cycling.dataset, cycling.tools, "Fun", mine)
    assert other.near_misses_path == other.inputs / "near_misses.txt"
    assert other.near_misses_path.read_text() == "cycling is fun\n"
    with pytest.raises(InputError, match=r"Could not read .*none\.txt: No such file"):
        Run.create(tmp_path / "new", RunConfig(), cycling.dataset, cycling.tools, None, tmp_path / "none.txt")
    assert not (tmp_path / "new").exists()


def test_a_link_is_copied_as_its_file(tmp_path: Path, cycling: DataSet) -> None:
    link = tmp_path / "data.csv"
    link.symlink_to(cycling.dataset)
    run = Run.create(tmp_path / "new", RunConfig(), link, cycling.tools)
    assert not run.dataset_path.is_symlink()
    assert run.data["rows"] == 942


def test_inputs_that_no_one_can_parse_are_kept_and_uncounted(tmp_path: Path) -> None:
    dataset, tools = tmp_path / "d.csv", tmp_path / "t.json"
    dataset.write_bytes(b'a,b\n"' + b"x" * 200_000 + b'",1\n\xff\x00')
    tools.write_text("not json")
    run = Run.create(tmp_path / "new", RunConfig(), dataset, tools, "  a\tname\n\x1b[1m ")
    assert run.data["rows"] is None
    assert run.data["tools"] is None
    assert run.name == "a name [1m"


def _damage(run: Run, **changes: Any) -> None:
    path = run.path / "run.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, **changes}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": 2}, "schema 2; this version reads 1"),
        ({"name": None}, "'name' must be text, found None"),
        ({"created": "yesterday"}, "'created' must be a date and time, found 'yesterday'"),
        ({"config": []}, "'config' must be an object"),
        ({"config": {"epochs": "many"}}, "epochs: 'many' is not allowed"),
    ],
)
def test_damage_is_named(run: Run, changes: dict[str, Any], told: str) -> None:
    _damage(run, **changes)
    with pytest.raises(InputError) as raised:
        Run.open(run.path)
    assert told in str(raised.value)
    assert "run.json" in str(raised.value)


def test_a_half_written_record_is_damage(run: Run) -> None:
    path = run.path / "run.json"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=r"run\.json is damaged: "):
        Run.open(run.path)


def test_what_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        Run.open(tmp_path / "none")
    with pytest.raises(InputError, match=r"has no run\.json"):
        Run.open(tmp_path)


def test_the_store_lists_newest_first_and_damaged_ones_with_their_error(tmp_path: Path, cycling: DataSet) -> None:
    store = FolderStore(tmp_path / "runs")
    assert store.list() == []
    first, second, third = (store.create(RunConfig(), cycling.dataset, cycling.tools, name) for name in "abc")
    (second.path / "run.json").unlink()
    (tmp_path / "runs/.hidden").mkdir()
    (tmp_path / "runs/file.txt").touch()
    entries = {entry.id: entry for entry in store.list()}
    assert set(entries) == {first.id, second.id, third.id}
    assert [entry.id for entry in store.list() if entry.run] == [third.id, first.id]
    assert "has no run.json" in (entries[second.id].error or "")
    assert store.open(first.id) == first
    store.delete(second.id)
    assert len(store.list()) == 2


@pytest.mark.parametrize(
    "run_id", ["..", ".", "", "a/b", "../x", "a\\..", "a\0b", ".queue", "x" * 101, None, "link", "no"]
)
def test_ids_are_no_paths(tmp_path: Path, cycling: DataSet, run_id: Any) -> None:
    store = FolderStore(tmp_path / "runs")
    outside = Run.create(tmp_path / "outside", RunConfig(), cycling.dataset, cycling.tools)
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/link").symlink_to(outside.path)
    for act in (store.open, store.delete):
        with pytest.raises(InputError, match="Pick a run from the list"):
            act(run_id)
    assert Run.open(outside.path) == outside


def test_a_working_run_is_not_deleted(tmp_path: Path, cycling: DataSet) -> None:
    store = FolderStore(tmp_path / "runs")
    run = store.create(RunConfig(), cycling.dataset, cycling.tools)
    lock = take(run.lock_path("train"))
    assert lock is not None
    with pytest.raises(InputError, match=r"still working \(train\). Cancel"):
        store.delete(run.id)
    os.close(lock)
    store.delete(run.id)
    assert store.list() == []


def test_a_store_where_none_can_be_says_so(tmp_path: Path, cycling: DataSet) -> None:
    (tmp_path / "file").touch()
    store = FolderStore(tmp_path / "file" / "runs")
    with pytest.raises(InputError, match=r"Could not create .*file"):
        store.create(RunConfig(), cycling.dataset, cycling.tools)
    assert store.list() == []
