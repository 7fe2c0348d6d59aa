"""scripts/deploy where the Hub fails, refuses or is out of reach: what is told, and that one can go on."""

from __future__ import annotations

import re
import socket

import pytest

from scripts.space_files import select
from tests.hub.checkouts import SPACE, Checkout, commits, held, refused
from tests.hub.loopback import LoopbackHub


def test_a_hub_that_does_not_answer_is_told(checkout: Checkout, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        refused(checkout.deploy_apart(SPACE, token=ada), "could not be reached", "Check the network")


@pytest.mark.parametrize("status", [503, 0], ids=["fault", "cut"])
def test_a_commit_whose_answer_is_lost_may_have_arrived(
    checkout: Checkout, hub: LoopbackHub, ada: str, status: int
) -> None:
    hub.fail("POST .*/commit/", status, done=True)
    done = checkout.deploy(SPACE, token=ada)
    refused(done, f"Could not write to {SPACE}: ", "It may have succeeded: run this again")
    assert "Nothing was changed" not in done.stdout + done.stderr
    hub.faults.clear()
    again = checkout.deploy(SPACE, token=ada)
    assert again.returncode == 0, again.stderr
    assert "has these " in again.stdout


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("POST /api/repos/create", 503),
        pytest.param("POST /api/repos/create", 0, marks=pytest.mark.slow),  # the commit above loses its answer likewise
        pytest.param("/tree/", 503, marks=pytest.mark.slow),  # the client itself tries again for long, then as above
        ("/auth-check/", 503),
    ],
)
def test_a_hub_that_fails_in_the_middle_is_gone_on_with(
    checkout: Checkout, hub: LoopbackHub, ada: str, asked: str, status: int
) -> None:
    hub.fail(asked, status, done=True)
    done = checkout.deploy(SPACE, token=ada)
    assert done.returncode == 1
    assert re.search(rf"^error: Could not [a-zS ]+ {SPACE}: .*(try|this) again", done.stderr, re.MULTILINE), done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing was changed" not in done.stdout + done.stderr
    hub.faults.clear()
    again = checkout.deploy(SPACE, token=ada)
    assert again.returncode == 0, again.stderr
    assert set(held(hub)) - {".gitattributes"} == {file.path for file in select(checkout.root).files}


def test_a_space_that_was_changed_meanwhile_is_left_alone(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    assert checkout.deploy(SPACE, token=ada).returncode == 0
    (checkout.root / "app.py").write_text("# changed\n")
    hub.fail(f"POST /api/spaces/{SPACE}/commit/main", 412, "The repository has changed since the parent commit.")
    refused(checkout.deploy(SPACE, token=ada), "it was changed in the meantime", "Try again")


def test_settings_that_the_hub_refuses_are_told(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    readme = checkout.root / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("colorFrom: green", "colorFrom: olive"))
    refused(checkout.deploy(SPACE, token=ada), "settings at the top of README.md", '"colorFrom" must be one of')
    assert commits(hub) == []
