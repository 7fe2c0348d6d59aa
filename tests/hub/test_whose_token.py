"""Whose token it is: asked of the Hub, remembered for a while, never kept as it is."""

from __future__ import annotations

import threading

import pytest

from backend.errors import InputError
from backend.hub.accounts import Accounts
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

WHOAMI = "GET /api/whoami-v2"


def test_a_name_is_asked_for_once_and_a_refusal_says_what_to_do(hub: LoopbackHub) -> None:
    accounts, token = Accounts(), hub.world.add_user("ada")
    assert [accounts.name(token) for _ in range(3)] == ["ada"] * 3
    assert hub.trace.count(WHOAMI) == 1
    for _ in range(2):
        with pytest.raises(InputError, match="token was not accepted"):
            accounts.name("hf_" + "x" * 34)
    assert hub.trace.count(WHOAMI) == 2
    assert token not in repr(vars(accounts))


def test_on_a_machine_nobody_waits_for_the_answer(hub: LoopbackHub) -> None:
    accounts, token = Accounts(), hub.world.add_user("ada")
    asked = threading.Event()
    hub.fail("whoami", None, until=asked)
    assert accounts.name_if_known(token) is None
    asked.set()
    assert wait_until(lambda: accounts.name_if_known(token)) == "ada"
    assert hub.trace.count(WHOAMI) == 1  # who had waited in vain for the answer would have asked again
