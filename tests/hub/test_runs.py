"""Runs to the Hub and back, with the real client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.errors import InputError
from backend.runs import Run, RunConfig, append_event
from backend.runs.hub.repository import download_run, upload_run
from tests.conftest import DataSet
from tests.hub.loopback import LoopbackHub

WEIGHTS = bytes(range(256)) * 50_000  # 12.8 MB


@pytest.fixture
def run(tmp_path: Path, cycling: DataSet) -> Run:
    """A run with files of every kind; their content does not matter here."""
    run = Run.create(tmp_path / "run", RunConfig(), cycling.dataset, cycling.tools, "Bikes")
    run.checkpoint.mkdir()
    (run.checkpoint / "model.safetensors").write_bytes(WEIGHTS)
    (run.checkpoint / "README.md").write_text("---\nlicense: gemma\n---\n# Bikes\n")
    run.export_dir.mkdir()
    (run.export_dir / "bikes_q8_ekv1024.litertlm").write_bytes(b"LITERTLM" * 1000)
    append_event(run.metrics_path, {"event": "step", "stage": "train", "loss": 1.0})
    for path, text in ((run.log_path("train"), "secret log"), (run.state_path("train"), "{}")):
        path.parent.mkdir()
        path.write_text(text)
    (run.export_dir / "link").symlink_to("/etc/hostname")
    return run


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_goes_up_private_in_one_commit_and_comes_back_the_same(
    hub: LoopbackHub, run: Run, tmp_path: Path
) -> None:
    token = hub.world.add_user("ada")
    url = upload_run(run, "ada/bikes", token)
    assert url == f"{hub.endpoint}/ada/bikes"
    repo = hub.world.repos["model", "ada/bikes"]
    assert repo.private
    assert len(repo.commits) == 2  # the empty one and ours
    stored = repo.commits[-1][1]
    assert stored["README.md"].content == (run.checkpoint / "README.md").read_bytes()
    assert stored["checkpoint/model.safetensors"].lfs
    assert not [name for name in stored if name.startswith(("logs", "stages")) or name.endswith("link")]

    fetched = download_run("ada/bikes", tmp_path / "fetched", token)
    assert fetched.id == run.id
    assert fetched.config == run.config
    assert Run.open(fetched.path) == fetched
    ours = {name: content for name, content in _files(run.path).items() if name in stored}
    assert _files(fetched.path) == ours
    assert hub.authorized_cdn_requests == 0


def test_a_second_upload_sends_only_what_changed(hub: LoopbackHub, run: Run) -> None:
    token = hub.world.add_user("ada")
    upload_run(run, "ada/bikes", token)
    hub.trace.clear()
    append_event(run.metrics_path, {"event": "step", "stage": "train", "loss": 0.5})
    upload_run(run, "ada/bikes", token)
    assert not [asked for asked in hub.trace if asked.startswith("PUT")]
    stored = hub.world.repos["model", "ada/bikes"].commits[-1][1]
    assert stored["metrics.jsonl"].content == run.metrics_path.read_bytes()


def test_another_users_run_is_not_there(hub: LoopbackHub, run: Run, tmp_path: Path) -> None:
    ada, eve = hub.world.add_user("ada"), hub.world.add_user("eve")
    upload_run(run, "ada/bikes", ada)
    download_run("ada/bikes", tmp_path / "ada", ada)
    with pytest.raises(InputError, match="no such repository, or the token may not read it"):
        download_run("ada/bikes", tmp_path / "eve", eve)
    with pytest.raises(InputError, match=r"does not permit it.*the rights to create a repository under"):
        upload_run(run, "ada/other", eve)
    assert not (tmp_path / "eve").exists()


def test_what_is_no_run_says_so(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    hub.world.add_repo("ada/other", {"README.md": b"# Other"})
    hub.world.add_repo("ada/broken", {"run.json": b"{"})
    with pytest.raises(InputError, match=r"is not a run: it has no run\.json"):
        download_run("ada/other", tmp_path / "new", token)
    with pytest.raises(InputError, match="is damaged"):
        download_run("ada/broken", tmp_path / "new", token)
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_not_touched(hub: LoopbackHub, run: Run) -> None:
    hub.trace.clear()
    with pytest.raises(InputError, match="already exists"):
        download_run("ada/bikes", run.path)
    assert hub.trace == []


@pytest.mark.parametrize("name", ["bikes", "a/b/c", "../x", "a/..", "a/b--c", "a b/c", "", "-a/b", "x/" + "y" * 100])
def test_names_are_checked_before_anything_is_sent(hub: LoopbackHub, run: Run, tmp_path: Path, name: str) -> None:
    for act in (lambda: upload_run(run, name), lambda: download_run(name, tmp_path / "new")):
        with pytest.raises(InputError, match="Write it as USER/NAME"):
            act()
    assert hub.trace == []


@pytest.mark.usefixtures("hub")
def test_without_a_token_nothing_can_be_uploaded(run: Run) -> None:
    with pytest.raises(InputError, match="token was not accepted"):
        upload_run(run, "ada/bikes")
    with pytest.raises(InputError) as raised:
        upload_run(run, "ada/bikes", "hf_" + "Wrong1" * 6)
    assert "Wrong1" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (401, {}, "token was not accepted"),
        (402, {}, "there is not enough credit. The Hub says: the reason. Add credit at"),
        (403, {}, "does not permit it. The Hub says: the reason. Give the token write access"),
        (429, {"Retry-After": "7"}, "Try again in 7 seconds"),
        (500, {}, "the Hub has a fault (500). Try again"),
        (418, {}, "the Hub answered 418. The Hub says: the reason."),
    ],
)
def test_refusals_are_told_in_plain_words(
    hub: LoopbackHub, run: Run, status: int, headers: dict[str, str], told: str
) -> None:
    token = hub.world.add_user("ada")
    hub.world.add_repo("ada/bikes", {})
    hub.fail("POST .*/commit/", status, "the reason", headers)
    with pytest.raises(InputError) as raised:
        upload_run(run, "ada/bikes", token)
    assert str(raised.value).startswith("Could not upload the run to ada/bikes: ")
    assert told in str(raised.value)
    assert len(hub.world.repos["model", "ada/bikes"].commits) == 2


def test_a_gated_model_names_its_page(hub: LoopbackHub, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    repo = hub.world.add_repo("google/functiongemma-270m-it", {"run.json": b"{}"}, gated=True)
    for given in (token, None):
        with pytest.raises(InputError, match=rf"it is gated\. Open {hub.endpoint}/{repo.name} .* accept its terms"):
            download_run(repo.name, tmp_path / "new", given)
    repo.accepted.add("ada")
    HfApi(token=token).auth_check(repo.name)


def test_a_hub_out_of_reach_says_so(run: Run, tmp_path: Path) -> None:
    """Another process, because the client reads its endpoint once: nothing listens on the discard port."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom backend.runs import Run\n"
        "from backend.runs.hub.repository import upload_run\n"
        "from backend.errors import InputError\n"
        "try:\n    upload_run(Run.open(Path(sys.argv[1])), 'ada/bikes', 'hf_x')\n"
        "except InputError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(run.path)],
        cwd=Path(__file__).resolve().parents[2],
        env={"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "http://127.0.0.1:9 could not be reached" in done.stdout
    assert "Check the network" in done.stdout
