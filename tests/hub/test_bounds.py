"""What is fetched of a repository that somebody else filled is bounded, whatever its lists say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from backend.data import CheckOptions, check_files, resolve_source
from backend.data.rows import hub_dataset
from backend.errors import InputError
from backend.event_lines import LONGEST_LINE, lines_of
from backend.hub import MB, Limits, fetch_file, list_files
from backend.jobs.huggingface import read_remote, results
from backend.jobs.huggingface import run_search as finding
from backend.jobs.huggingface.remote import Remote, repo_names
from backend.jobs.huggingface.run_search import SearchBounds
from backend.runs import FolderStore, Run, RunConfig
from backend.tokens import counters, hub_counter
from tests.conftest import ROOT
from tests.hub.loopback import LoopbackHub
from tests.hub.repos import StoredFile

EXAMPLES = ROOT / "examples"
ID = "20261122-104512-3f2a"


def put(hub: LoopbackHub, kind: str, name: str, files: dict[str, bytes | StoredFile]) -> None:
    """A private repository of ada's; a StoredFile may lie about its size."""
    repo = hub.world.add_repo(name, {}, kind, private=True)
    repo.commit(
        {path: file if isinstance(file, StoredFile) else StoredFile(file, False) for path, file in files.items()}
    )


def order(**more: object) -> bytes:
    return json.dumps({"flavor": "t4-small", "timeout_seconds": 1800, **more}).encode()


def inputs(folder: Path, run_id: str = ID) -> dict[str, bytes | StoredFile]:
    """What a run's dataset repository holds."""
    run = Run.create(folder / run_id, RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    names = ("run.json", "inputs/dataset.csv", "inputs/tools.json")
    return {"job.json": order(), **{name: (run.path / name).read_bytes() for name in names}}


def test_a_file_that_is_larger_than_it_says_is_given_up_at_the_limit(hub: LoopbackHub, tmp_path: Path) -> None:
    for lfs in (False, True):
        put(hub, "model", "ada/big", {"a.json": StoredFile(b"x" * 3 * MB, lfs, stated=10)})
        listing = list_files("ada/big", lambda *_: True, Limits(), token=hub.world.add_user("ada"))
        assert dict(listing.wanted) == {"a.json": 10}
        with pytest.raises(InputError, match=r"a\.json in ada/big has more than 1 MB"):
            fetch_file("ada/big", "a.json", tmp_path, MB, token=hub.world.add_user("ada"))
        assert list(tmp_path.iterdir()) == []
    whole = fetch_file("ada/big", "a.json", tmp_path, 3 * MB, token=hub.world.add_user("ada"))
    assert whole is not None
    assert whole.stat().st_size == 3 * MB
    assert hub.authorized_cdn_requests == 0


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (Limits(entries=3), "more than 3 files"),
        (Limits(files=2), "4 files to read"),
        (Limits(total_bytes=100), "at most 300 files with 0 MB"),
    ],
)
def test_too_many_files_are_told_before_any_is_fetched(hub: LoopbackHub, limits: Limits, told: str) -> None:
    put(hub, "model", "ada/many", {f"{number}.json": b"x" * 40 for number in range(4)})
    with pytest.raises(InputError, match=told):
        list_files("ada/many", lambda *_: True, limits, token=hub.world.add_user("ada"))
    assert not [asked for asked in hub.trace if "/resolve/" in asked]


def test_names_that_leave_their_folder_or_are_too_long_are_left_out(hub: LoopbackHub) -> None:
    names = ("../run.json", "a/../../b", "a\\b", "x" * 300, "a//b", "kept.json")
    put(hub, "model", "ada/names", dict.fromkeys(names, b"x"))
    listing = list_files("ada/names", lambda *_: True, Limits(), token=hub.world.add_user("ada"))
    assert list(listing.names) == ["kept.json"]


@pytest.mark.parametrize("lie", [False, True], ids=["told", "not told"])
def test_a_run_with_more_than_a_run_has_is_left_out_and_the_others_are_found(
    hub: LoopbackHub, tmp_path: Path, *, lie: bool
) -> None:
    bounds = SearchBounds(inputs=Limits(files=6, file_bytes=MB, total_bytes=4 * MB))
    token, store = hub.world.add_user("ada"), FolderStore(tmp_path / "store")
    large = StoredFile(b"x" * 5 * MB, False, stated=5 if lie else None)
    crowd = {f"inputs/{number}.csv": b"x" for number in range(20)}
    for at, extra in enumerate([{}, {"inputs/dataset.csv": large}, crowd if not lie else {"inputs/more.csv": large}]):
        run_id = f"20261122-10451{at}-3f2a"
        put(hub, "dataset", repo_names(run_id, "ada")[0], {**inputs(tmp_path / "made", run_id), **extra})
    assert finding.find_runs(token, "ada", store, bounds) == ["20261122-104510-3f2a"]
    assert [path.name for path in store.root.iterdir()] == ["20261122-104510-3f2a"]


def test_a_search_ends_at_its_number_of_runs_and_at_its_bytes(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    ids = [f"20261122-10451{at}-3f2a" for at in range(6)]
    files = {run_id: inputs(tmp_path / "made", run_id) for run_id in ids}
    for run_id in ids:
        put(hub, "dataset", repo_names(run_id, "ada")[0], files[run_id])
    four = SearchBounds(runs=4)
    assert finding.find_runs(token, "ada", FolderStore(tmp_path / "four"), four) == ids[:1:-1]
    one = sum(len(content) for content in files[ids[0]].values() if isinstance(content, bytes))
    two = replace(four, bytes=2 * one + one // 2)
    assert finding.find_runs(token, "ada", FolderStore(tmp_path / "two"), two) == [ids[5], ids[4]]
    first = replace(two, repos=1)
    assert len(finding.find_runs(token, "ada", FolderStore(tmp_path / "one"), first)) == 1


def test_a_run_that_no_version_wrote_does_not_end_the_search(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    well, ill = inputs(tmp_path, ID), inputs(tmp_path, "20261122-104519-3f2a")
    record = json.loads(bytes(ill["run.json"]))  # type: ignore[arg-type]
    record["config"]["lr"] = 10**400
    ill["run.json"] = json.dumps(record).encode()
    put(hub, "dataset", f"ada/fgt-{ID}-inputs", well)
    put(hub, "dataset", "ada/fgt-20261122-104519-3f2a-inputs", ill)
    assert ID in finding.find_runs(token, "ada", FolderStore(tmp_path / "store"))


def ordered(folder: Path) -> tuple[Run, Remote]:
    run = FolderStore(folder).create(RunConfig(), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    remote = finding.write_order(run, "ada", "t4-small", 1800)
    return run, remote


def test_results_that_lie_about_their_size_are_refused_and_large_ones_stay_there(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    limits = Limits(files=5, file_bytes=MB, total_bytes=2 * MB)
    token, (run, remote) = hub.world.add_user("ada"), ordered(tmp_path)
    put(hub, "model", remote.results_repo, {"training.json": b"{}", "export/large.json": b"x" * 2 * MB})
    results.fetch_results(run, "train", remote, token, limits=limits)
    assert run.training_path.read_bytes() == b"{}"
    assert not (run.export_dir / "large.json").exists()
    large = StoredFile(b"x" * 2 * MB, False, stated=3)
    put(hub, "model", remote.results_repo, {"training.json": b"[]", "export/large.json": large})
    with pytest.raises(InputError, match="has more than 1 MB"):
        results.fetch_results(run, "train", remote, token, limits=limits)
    assert run.training_path.read_bytes() == b"{}"
    put(hub, "model", remote.results_repo, {f"export/{number}.json": b"x" for number in range(9)})
    with pytest.raises(InputError, match="9 files to read"):
        results.fetch_results(run, "train", remote, token, limits=limits)
    assert read_remote(run) == remote


def test_a_tokenizer_and_a_dataset_end_at_their_limits(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (counters, hub_counter):
        monkeypatch.setattr(module, "LARGEST_BYTES", MB)
    monkeypatch.setattr(hub_dataset, "LIMITS", replace(hub_dataset.LIMITS, file_bytes=MB))
    token = hub.world.add_user("ada")
    put(hub, "model", "ada/base", {"tokenizer.json": StoredFile(b"x" * 2 * MB, True, stated=9)})
    put(hub, "dataset", "ada/rows", {"train.csv": StoredFile(b"x" * 2 * MB, False, stated=9)})
    options = CheckOptions(base_model="ada/base", folders=False, token=token)
    report = check_files(EXAMPLES / "hiking.csv", EXAMPLES / "tools.json", options, need_tokens=False)
    assert report.tokens is None
    assert "tokenizer.json in ada/base has more than 1 MB" in report.tokens_error
    assert report.rows == len(report.examples) > 0
    with pytest.raises(InputError, match=r"train\.csv in ada/rows has more than 1 MB"):
        resolve_source("ada/rows", "train", token)
    assert list(tmp_path.iterdir()) == []


def test_a_line_of_a_log_that_does_not_end_is_not_kept() -> None:
    chunks = [b"one\r\ntw", b"o\n", *[b"x" * 65536] * 10, b"x\nlast\nno end"]
    assert list(lines_of(chunks)) == ["one", "two", "", "last"]
    assert list(lines_of([b"y" * LONGEST_LINE + b"\n"])) == ["y" * LONGEST_LINE]
