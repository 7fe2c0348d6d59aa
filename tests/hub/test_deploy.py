"""scripts/deploy against the loop-back Hub's Spaces: as a process, and what it runs within this one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence

import httpx2
import pytest
from huggingface_hub import HfApi

from scripts.space_files import select
from tests.conftest import ROOT
from tests.hub.checkouts import SPACE, Checkout, commits, held, refused
from tests.hub.loopback import LoopbackHub
from tests.hub.repos import StoredFile

PICTURE = "docs/screenshot.png"
ROOMS = {"app.py", "backend", "docs", "examples", "job_templates", "ui", "README.md", "SECURITY.md", "LICENSE"}
ROOMS |= {"requirements.txt", "package.json", "package-lock.json"}


def test_a_dry_run_lists_what_the_app_needs_and_asks_nobody(checkout: Checkout, hub: LoopbackHub) -> None:
    done = checkout.deploy_apart(SPACE, "--dry-run")
    assert done.returncode == 0, done.stderr
    listed = set(re.findall(r"^ *[\d,]+  (\S+)$", done.stdout, re.MULTILINE))
    assert {path.partition("/")[0] for path in listed} == ROOMS
    assert [path for path in listed if not (checkout.root / path).is_file()] == []
    assert re.findall(r"^left out: (.*)$", done.stdout, re.MULTILINE) == [f"{PICTURE} (binary)"]
    assert f"{len(listed)} files, " in done.stdout
    assert hub.trace == []


def test_one_commit_makes_a_private_space_that_holds_these_files(
    checkout: Checkout, hub: LoopbackHub, ada: str
) -> None:
    hub.world.add_repo(SPACE, {"config.json": b"{}"}, "model")  # names are shared by nobody but Spaces
    done = checkout.deploy_apart(SPACE, token=ada)
    assert done.returncode == 0, done.stderr
    page = f"{hub.endpoint}/spaces/{SPACE}"
    assert f"Made the private Space {page}." in done.stdout
    assert f"{page}?logs=build" in done.stdout
    assert f"make it public at {page}/settings" in done.stdout
    assert ada not in done.stdout + done.stderr
    assert hub.world.repos["space", SPACE].private
    assert len(commits(hub)) == 1
    expected = {file.path: file.content for file in select(checkout.root).files}
    found = held(hub)
    assert found.pop(".gitattributes")
    assert found == expected
    assert sorted(hub.world.repos) == [("model", SPACE), ("space", SPACE)]
    told = {re.sub(r"(revision|tree|preupload|commit)/.*", r"\1", asked) for asked in hub.trace}
    api = f"/api/spaces/{SPACE}"
    assert told == {
        "POST /api/repos/create",
        "POST /api/validate-yaml",
        f"GET {api}",
        f"GET {api}/tree",
        f"GET {api}/auth-check/write",
        f"POST {api}/preupload",
        f"POST {api}/commit",
    }


def test_what_is_there_already_is_not_sent_again(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    (checkout.root / "ui/old.py").write_text("OLD = 1\n")
    checkout.git("add", "ui/old.py")
    assert checkout.deploy(SPACE, token=ada).returncode == 0
    again = checkout.deploy(SPACE, token=ada)
    assert again.returncode == 0, again.stderr
    assert f"Nothing changed: {hub.endpoint}/spaces/{SPACE} has these " in again.stdout
    assert len(commits(hub)) == 1

    (checkout.root / "app.py").write_text("# changed, not committed\n")
    (checkout.root / "ui/new.py").write_text("NEW = 1\n")
    (checkout.root / "ui/untracked.py").write_text("SECRET = 1\n")
    checkout.git("add", "ui/new.py")
    checkout.git("rm", "--cached", "--quiet", "docs/rules.md")
    checkout.git("rm", "-r", "-f", "--quiet", "examples", "ui/old.py")
    changed = checkout.deploy(SPACE, token=ada)
    assert changed.returncode == 0, changed.stderr
    assert "Sent 2 changed files, removed 5: " in changed.stdout
    assert len(commits(hub)) == 2
    found = held(hub)
    assert found["app.py"] == b"# changed, not committed\n"
    assert found["ui/new.py"] == b"NEW = 1\n"
    gone = ["ui/old.py", "ui/untracked.py", "docs/rules.md", "examples/hiking.csv", "examples/tools.json"]
    assert [path for path in gone if path in found] == []
    assert ".gitattributes" in found


@pytest.mark.parametrize(
    ("role", "permissions"), [("read", ()), ("fineGrained", ("job.write",))], ids=["read", "fine-grained"]
)
def test_a_token_that_may_not_write_is_told_and_nothing_is_made(
    checkout: Checkout, hub: LoopbackHub, ada: str, role: str, permissions: Sequence[str]
) -> None:
    weak = hub.world.add_user("ada", role, tuple(permissions))
    refused(checkout.deploy(SPACE, token=weak), "the token does not permit it", "/settings/tokens")
    assert hub.world.repos == {}
    assert checkout.deploy(SPACE, token=ada).returncode == 0
    (checkout.root / "app.py").write_text("# changed\n")
    refused(checkout.deploy(SPACE, token=weak), "the token does not permit it")
    assert len(commits(hub)) == 1


def test_who_cannot_host_is_told_who_can(checkout: Checkout, hub: LoopbackHub) -> None:
    free = hub.world.add_user("eve")
    refused(
        checkout.deploy("eve/trainer", token=free), "CPU Basic needs PRO", "Team or Enterprise", "/pricing", "ZeroGPU"
    )
    assert hub.world.repos == {}


def test_a_missing_or_wrong_login_is_told(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    refused(checkout.deploy_apart(SPACE), "hf auth login")
    refused(checkout.deploy(SPACE, token="hf_" + "a" * 34), "the token was not accepted")
    for wrong in ("hf_\u00fc" + "a" * 30, "hf_" + "a" * 20 + " " + "a" * 9, "hf_\x1b"):
        done = checkout.deploy(SPACE, token=wrong)
        refused(done, "is not valid")
        assert wrong not in done.stderr
    refused(checkout.deploy("eve/trainer", token=ada), "the token does not permit it", "your own account")
    assert hub.world.repos == {}


@pytest.mark.parametrize("name", ["trainer", "ada/trainer/app", "ada/", "ada/tra iner", "--dry-run", "ada/a--b"])
def test_a_name_that_is_none_is_wrong_usage(checkout: Checkout, hub: LoopbackHub, name: str) -> None:
    for deploy in (checkout.deploy, checkout.deploy_apart) if name == "trainer" else (checkout.deploy,):
        done = deploy(name)
        assert done.returncode == 2
        assert "USER/SPACE" in done.stderr
    assert hub.trace == []


def test_another_app_is_replaced_only_when_one_says_so(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    other = {"README.md": b"---\ntitle: Mine\nsdk: static\n---\n", "index.html": b"<h1>Mine</h1>"}
    hub.world.add_repo(SPACE, other, "space")
    refused(checkout.deploy(SPACE, token=ada), "contains another app (1 files, such as index.html)", "--replace")
    assert held(hub) == other
    done = checkout.deploy(SPACE, "--replace", token=ada)
    assert done.returncode == 0, done.stderr
    assert "It is private" not in done.stdout
    assert "index.html" not in held(hub)


def test_a_public_space_is_one_when_one_says_so(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    done = checkout.deploy(SPACE, "--public", token=ada)
    assert done.returncode == 0, done.stderr
    assert not hub.world.repos["space", SPACE].private
    assert "Made the public Space" in done.stdout


def test_a_private_space_stays_one_and_that_is_told(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    assert checkout.deploy(SPACE, token=ada).returncode == 0
    done = checkout.deploy(SPACE, "--public", token=ada)
    assert done.returncode == 0, done.stderr
    settings = f"{hub.endpoint}/spaces/{SPACE}/settings"
    assert (
        f"It stays private, because --public only applies to a new Space. Make it public at {settings}." in done.stdout
    )
    assert hub.world.repos["space", SPACE].private


def test_the_double_takes_binary_files_of_a_space_the_lfs_way_alone(hub: LoopbackHub, ada: str) -> None:
    api = HfApi(token=ada)
    api.create_repo(SPACE, repo_type="space", space_sdk="gradio")
    picture = (ROOT / PICTURE).read_bytes()
    line = {"key": "file", "value": {"path": "a.png", "content": base64.b64encode(picture).decode()}}
    lines = [{"key": "header", "value": {"summary": "a picture"}}, line]
    answer = httpx2.post(
        f"{hub.endpoint}/api/spaces/{SPACE}/commit/main",
        content="\n".join(map(json.dumps, lines)),
        headers={"Authorization": f"Bearer {ada}"},
    )
    assert (answer.status_code, "contains binary files" in answer.text) == (400, True)
    assert set(held(hub)) == {".gitattributes", "README.md"}
    api.upload_file(path_or_fileobj=picture, path_in_repo="a.png", repo_id=SPACE, repo_type="space")
    assert hub.world.repos["space", SPACE].at("main")[1]["a.png"] == StoredFile(picture, lfs=True)
