"""Datasets on the Hub as input: for reading rows, and for the commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.data import resolve_set, resolve_source
from backend.errors import InputError
from job_templates.train import main
from tests.conftest import ROOT, DataSet
from tests.hub.loopback import LoopbackHub


def test_the_split_of_a_dataset_is_fetched(hub: LoopbackHub) -> None:
    hub.world.add_repo("ada/rides", {"data/train.csv": b"a,b\n1,2\n", "data/test.csv": b"a,b\n3,4\n"}, "dataset")
    assert resolve_source("ada/rides", "test").read_bytes() == b"a,b\n3,4\n"
    with pytest.raises(InputError, match=r"no file for the split 'dev'.*data/train\.csv, data/test\.csv"):
        resolve_source("ada/rides", "dev")


def test_a_private_dataset_is_for_its_owner(hub: LoopbackHub) -> None:
    ada, eve = hub.world.add_user("ada"), hub.world.add_user("eve")
    hub.world.add_repo("ada/rides", {"train.csv": b"a\n1\n"}, "dataset", private=True)
    assert resolve_source("ada/rides", "train", ada).read_bytes() == b"a\n1\n"
    for token in (eve, None):  # what ada fetched must not come out of a shared cache
        with pytest.raises(InputError, match="Could not read the dataset ada/rides: there is no such repository"):
            resolve_source("ada/rides", "train", token)


def test_a_gated_dataset_names_its_page(hub: LoopbackHub) -> None:
    hub.world.add_repo("ada/rides", {"train.csv": b"a\n1\n"}, "dataset", gated=True)
    with pytest.raises(InputError, match=rf"it is gated\. Open {hub.endpoint}/datasets/ada/rides "):
        resolve_source("ada/rides", "train", hub.world.add_user("eve"))


def _command(name: str, *arguments: str, folder: Path, token: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "job_templates" / name, *arguments],
        cwd=folder,
        env={**os.environ, "HF_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )


def test_validate_takes_a_dataset(hub: LoopbackHub, cycling: DataSet, tmp_path: Path) -> None:
    hub.world.add_repo("ada/rides", {"train.csv": cycling.dataset.read_bytes()}, "dataset")
    done = _command("validate.py", "--dataset", "ada/rides", "--tools", str(cycling.tools), "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 942


def test_a_dataset_of_chat_messages_is_read_with_the_tools_beside_it(hub: LoopbackHub, cycling: DataSet) -> None:
    messages = [
        {"role": "user", "content": "Halt"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "stop", "arguments": "{}"}}]},
    ]
    chats = json.dumps({"messages": messages}).encode()
    files = {"dataset.jsonl": chats, "dataset_infos.json": b"{}", "tools.json": cycling.tools.read_bytes()}
    hub.world.add_repo("ada/chats", files, "dataset")
    found = resolve_set("ada/chats", None, "train")
    assert found.summary.line == "Read as OpenAI chat messages: 1 row, 6 tools."
    assert b'"Halt","[{""name"": ""stop"", ""args"": {}}]","item 1"' in found.dataset.read_bytes()
    assert found.tools.read_bytes() == cycling.tools.read_bytes()


@pytest.mark.slow  # the next test trains and uploads, test_road.py saves, the tests above read
def test_train_reads_from_the_hub_and_saves_to_it(hub: LoopbackHub, cycling: DataSet, tmp_path: Path) -> None:
    token = hub.world.add_user("ada")
    hub.world.add_repo("ada/rides", {"train.csv": cycling.dataset.read_bytes()}, "dataset", private=True)
    given = ["--dataset", "ada/rides", "--tools", str(cycling.tools), "--output-repo", "ada/bikes"]
    small = ["--max-examples", "40", "--epochs", "1"]
    done = _command("train.py", *given, *small, folder=tmp_path, token=token)
    assert done.returncode == 0, done.stderr
    repo = hub.world.repos["model", "ada/bikes"]
    files = repo.commits[-1][1]
    assert repo.private
    assert {"run.json", "inputs/split.json", "checkpoint/model.safetensors", "training.json"} <= set(files)
    assert token not in done.stdout + done.stderr
    assert not [name for name, file in files.items() if token.encode() in file.content]
    assert list(tmp_path.iterdir()) == []


def test_train_asks_for_write_access_first_and_keeps_what_cannot_be_uploaded(
    hub: LoopbackHub,
    cycling: DataSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    reader, writer = hub.world.add_user("eve", "read"), hub.world.add_user("ada")
    given = ["--dataset", str(cycling.dataset), "--tools", str(cycling.tools), "--max-examples", "40", "--epochs", "1"]
    monkeypatch.setenv("HF_TOKEN", reader)
    with pytest.raises(InputError, match=r"Could not write to eve/bikes: the token does not permit it\."):
        main([*given, "--output-repo", "eve/bikes"])
    assert capsys.readouterr().out == ""

    hub.fail("POST .*/commit/", 500)
    monkeypatch.setenv("HF_TOKEN", writer)
    with pytest.raises(InputError) as failed:
        main([*given, "--output-repo", "ada/bikes"])
    (kept,) = tmp_path.iterdir()
    assert f"The run is saved in {kept}" in str(failed.value)
    assert (kept / "checkpoint/model.safetensors").is_file()


def test_a_gated_base_model_says_what_to_accept(
    hub: LoopbackHub, cycling: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = hub.world.add_user("eve")
    hub.world.add_repo("google/functiongemma-270m-it", {"tokenizer.json": b"{}", "config.json": b"{}"}, gated=True)
    given = ["--dataset", str(cycling.dataset), "--tools", str(cycling.tools), "--output-repo", "./out"]
    base = ["--base-model", "google/functiongemma-270m-it", "--epochs", "1"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(InputError, match=r"functiongemma-270m-it: it is gated\. Open.*accept its terms"):
        main([*given, *base])
