"""Exports from the Hub and to it: what is fetched, what goes up, and what happens to a file that may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import InputError
from backend.runs import Run, RunConfig
from backend.runs.hub.repository import upload_run
from job_templates.ml.export.destination import find_destination
from job_templates.ml.models.source import ModelSource, find_source
from tests.conftest import DataSet
from tests.hub.loopback import LoopbackHub
from tests.jobs.tiny_gemma import tiny_gemma

MODEL = b"LITERTLM" * 2_000_000


@pytest.fixture
def token(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ada's token, where the job scripts look for it."""
    token = hub.world.add_user("ada")
    monkeypatch.setenv("HF_TOKEN", token)
    return token


def local_run(folder: Path, data: DataSet) -> Run:
    """A run with a small model, and with the files that an export looks for beside it."""
    run = Run.create(folder, RunConfig(), data.dataset, data.tools, "Bikes")
    tiny_gemma(8, 0, 64, 0.02).save_pretrained(run.checkpoint)
    for name in ("tokenizer.model", "chat_template.jinja"):
        (run.checkpoint / name).write_bytes(b"x")
    return run


def source_of(folder: Path, repo_id: str | None = None) -> ModelSource:
    return ModelSource("bikes", folder, folder, None, folder / "tokenizer.model", None, repo_id)


def write_export(folder: Path) -> None:
    (folder / "bikes.litertlm").write_bytes(MODEL)
    (folder / "verification.json").write_text('{"verdict": "passed"}')
    (folder / ".part").write_bytes(b"unfinished")


def test_a_run_on_the_hub_can_be_exported(token: str, cycling: DataSet, tmp_path: Path) -> None:
    run = local_run(tmp_path / "run", cycling)
    run.export_dir.mkdir()
    (run.export_dir / "old.litertlm").write_bytes(MODEL)
    upload_run(run, "ada/bikes", token)
    source = find_source("ada/bikes")
    assert (source.name, source.repo_id) == ("Bikes", "ada/bikes")
    assert source.run is not None
    assert source.run.dataset_path.read_bytes() == cycling.dataset.read_bytes()
    assert source.tokenizer_model.is_file()
    assert not list(source.run.path.rglob("*.litertlm"))
    with find_destination(None, source) as destination:
        assert destination.repo_id == "ada/bikes"
        assert source.run.path not in destination.folder.parents


@pytest.mark.usefixtures("token")
def test_an_export_goes_up_into_its_own_folder(hub: LoopbackHub, tmp_path: Path) -> None:
    with find_destination("ada/new", source_of(tmp_path)) as destination:
        assert hub.world.repos["model", "ada/new"].private
        write_export(destination.folder)
        destination.publish("# What the file is")
    stored = hub.world.repos["model", "ada/new"].commits[-1][1]
    assert {"export/bikes.litertlm", "export/verification.json"} <= set(stored)
    assert stored["export/bikes.litertlm"].content == MODEL
    assert stored["README.md"].content == b"# What the file is"
    assert not [name for name in stored if name.endswith(".part")]
    assert not destination.folder.exists()


@pytest.mark.usefixtures("token")
def test_a_repository_that_may_not_be_written_is_refused_before_any_work(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.world.add_user("bob")
    with (
        pytest.raises(InputError, match="Could not write to bob/model"),
        find_destination("bob/model", source_of(tmp_path)),
    ):
        pytest.fail("the work began")


@pytest.mark.usefixtures("token")
def test_an_export_that_cannot_go_up_is_kept(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with find_destination("ada/new", source_of(tmp_path)) as destination:
        write_export(destination.folder)
        hub.fail(r"POST /api/models/ada/new/commit", 500)
        with pytest.raises(InputError, match="The export is saved in") as caught:
            destination.publish()
    kept = Path(str(caught.value).rpartition(" in ")[2].removesuffix("."))
    assert (kept / "bikes.litertlm").read_bytes() == MODEL


@pytest.mark.usefixtures("token")
def test_a_model_that_is_nowhere_is_named() -> None:
    with pytest.raises(InputError, match="Could not read the model ada/none: there is no such repository"):
        find_source("ada/none")
    with pytest.raises(InputError, match=r"There is no folder \./none"):
        find_source("./none")
