"""On a Space the owner's token is nobody's: no request that a visitor causes carries it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from backend.environment import OWNERS_TOKENS, prepare
from backend.runs import FolderStore, Run, RunConfig, default_config
from tests.conftest import ROOT
from tests.hub.accounts import APP
from tests.hub.loopback import LoopbackHub

EXAMPLES = ROOT / "examples"
FUNCTIONGEMMA = "google/functiongemma-270m-it"
BASES = ("backend", "ui/static", "./backend", "~", str(ROOT), "../..", "owner/private-model", FUNCTIONGEMMA)
"""What somebody may write as the base of a run."""
TOKENIZER = b'{"version":"1.0","added_tokens":[],"model":{"type":"WordLevel","vocab":{"u":0},"unk_token":"u"}}'


def crafted(hub: LoopbackHub, folder: Path, number: int, base: str) -> Run:
    """A run in ada's repositories whose record names a base that she has no business with."""
    config = RunConfig() if base == "starter" else default_config(base)
    run = FolderStore(folder).create(config, EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
    names = ("run.json", "inputs/dataset.csv", "inputs/tools.json")
    files = {name: (run.path / name).read_bytes() for name in names}
    order = json.dumps({"flavor": "t4-small", "timeout_seconds": 600}).encode()
    inputs = {**files, "job.json": order}
    hub.world.add_repo(f"ada/fgt-crafted-{number}-inputs", inputs, "dataset", private=True, made_by=APP)
    results = {"training.json": b"{}", "checkpoint/tokenizer.json": TOKENIZER, "export/model.litertlm": b"x"}
    hub.world.add_repo(f"ada/fgt-crafted-{number}", results, private=True, made_by=APP)
    return run


@pytest.fixture
def visit(hub: LoopbackHub, tmp_path: Path) -> dict[str, Any]:
    """What a Space showed, whose owner's token stands in its environment and in its home."""
    owner, ada = hub.world.add_user("owner"), hub.world.accounts.add_oauth("ada", ("jobs", "contribute-repos"))
    hub.world.accounts.lists_app_repos = True
    for name in ("owner/private-model", "google/functiongemma-270m-it"):
        hub.world.add_repo(
            name, {"tokenizer.json": TOKENIZER, "config.json": b"{}"}, private=name[0] == "o", gated=True
        )
    for number, base in enumerate(BASES):
        crafted(hub, tmp_path / "made", number, base)
    client = tmp_path / "client"
    client.mkdir()
    (client / "token").write_text(owner)
    (client / "stored_tokens").write_text(f"[default]\nhf_token = {owner}\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.hub.space_visitor", ada, *BASES],
        cwd=ROOT,
        env={
            **os.environ,
            **hub.oauth.space_environment(),
            **dict.fromkeys(("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"), owner),
            "FGT_HOME": str(tmp_path / "home"),
            "HF_HOME": str(client),
            "HF_HUB_DISABLE_XET": "0",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    cached = sorted(str(path.relative_to(client)) for path in client.rglob("*") if path.is_file())
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "owner": owner, "ada": ada, "cached": cached, "said": done.stdout + done.stderr}


@pytest.mark.slow  # the last test below holds it for every call in the source
def test_no_request_carries_the_owners_token_and_nothing_lands_in_the_shared_cache(
    hub: LoopbackHub, visit: dict[str, Any]
) -> None:
    sent = {token for _, token in hub.sent}
    assert sent - {""} == {visit["ada"]}
    assert [name for name in visit["cached"] if name not in ("token", "stored_tokens")] == []
    assert visit["owner"] not in visit["said"]
    assert visit["ada"] not in visit["said"]

    account = visit["account"]
    assert account["runs"] == f"{len(BASES)} runs"
    assert [error for error, _ in account["reports"].values() if error] == []
    for base in BASES:
        assert account["reports"][base][1], f"{base} was counted"
    assert "has no tokenizer" not in json.dumps(account)
    assert "no such repository" in account["reports"]["owner/private-model"][1]
    refused = [told for told in account["orders"] if "is not the name of a model on the Hub" in told]
    assert {told.partition(": ")[0] for told in refused} == set(BASES) - {"ui/static", BASES[-2], BASES[-1]}
    assert any("owner/private-model" in told and "There is no model" in told for told in account["orders"])
    assert all("Log in" in told or "not the name" in told for told in visit["visitor"]["orders"])
    assert visit["visitor"]["runs"] == "0 runs"


def test_the_environment_of_a_machine_of_ones_own_stays_as_it_is() -> None:
    tokens = dict.fromkeys(OWNERS_TOKENS, "hf_x")
    here: MutableMapping[str, str] = {**tokens, "SPACE_ID": "a/b"}
    prepare(here)
    assert tokens.items() <= here.items()
    assert "HF_HUB_DISABLE_IMPLICIT_TOKEN" not in here
    space: MutableMapping[str, str] = {**tokens, "SPACE_ID": "a/b", "SYSTEM": "spaces", "HF_HUB_DISABLE_XET": "0"}
    prepare(space)
    assert not set(OWNERS_TOKENS) & set(space)
    assert (space["HF_HUB_DISABLE_IMPLICIT_TOKEN"], space["HF_HUB_DISABLE_XET"]) == ("1", "1")


@pytest.mark.slow  # the tests above hold what is prepared and what is sent
def test_the_app_of_a_space_leaves_the_client_no_token_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hf_owner")
    script = (
        "import app, os; from huggingface_hub import get_token\n"
        "from huggingface_hub.utils._headers import get_token_to_send\n"
        "left = [name for name, value in os.environ.items() if 'hf_owner' in value]\n"
        "print(get_token(), get_token_to_send(None), left)"
    )
    space = {"SYSTEM": "spaces", "SPACE_ID": "owner/space", "HF_TOKEN": "hf_owner", "HF_HOME": str(tmp_path)}
    for more, told in (({}, "None None []"), ({"SYSTEM": ""}, "hf_owner hf_owner ['HF_TOKEN']")):
        command, environment = [sys.executable, "-c", script], {**os.environ, **space, **more}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == told


def test_every_call_of_the_client_in_what_visitors_reach_names_its_token() -> None:
    """A call without a token, or with one that may be None, would send the client's own."""
    calls = ("HfApi(", "hf_hub_download(", "snapshot_download(", "get_hf_file_metadata(", "build_hf_headers(")
    files = [*ROOT.glob("ui/**/*.py"), *ROOT.glob("backend/jobs/**/*.py"), *ROOT.glob("backend/hub/*.py")]
    lines = [(path.name, line.strip()) for path in files for line in path.read_text("utf-8").splitlines()]
    made = [(name, line) for name, line in lines if any(call in line for call in calls)]
    assert len(made) > 8
    assert [(name, line) for name, line in made if "token=" not in line] == []
