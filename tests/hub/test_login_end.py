"""A job's limit ends before the login that it saves with."""

from __future__ import annotations

import time

import pytest

from backend.errors import InputError
from backend.jobs.huggingface import Flavor, Quote, fits, login_ends, within_login
from backend.runs import RunConfig
from tests.hub.loopback import LoopbackHub
from tests.hub.test_before_spending import CYCLING
from ui.services.identity import Identity
from ui.services.quotes import Offer, Offers, Order

T4 = Flavor("t4-small", "Nvidia T4 - small", 0.4, "4 vCPU", "15 GB", "1 × T4 16 GB")
HOUR = 3600.0


def price(minutes: float, limit: float) -> Quote:
    return Quote(T4, minutes, 0, 0.4 * minutes / 60, None).limited(limit)


def offered(identity: Identity, minutes: float | None = None) -> tuple[Offer | None, str | None]:
    task = Offers().ask("key", Order(RunConfig(), "Hiking", "cpu-basic", "train", minutes), CYCLING, identity)
    assert task.done.wait(60)
    return task.result, task.error


@pytest.mark.parametrize("ends", [None, 10 * HOUR])
def test_a_login_that_lasts_changes_nothing(ends: float | None) -> None:
    told = price(40, 90)
    assert within_login(told, ends, 0.0) == (told, [])


def test_a_limit_is_shortened_to_what_is_left_of_the_login() -> None:
    told, (check,) = within_login(price(40, 300), 2 * HOUR, 0.0)
    assert told.timeout_seconds == 90 * 60
    assert told.ceiling == pytest.approx(0.6)
    assert check.ok is None
    assert check.message.startswith("The job's limit is 90 minutes instead of 300, because your login ends in 120 minu")
    assert fits(told.timeout_seconds, 2 * HOUR, 0.0)


@pytest.mark.parametrize(("left", "limit"), [(69, 300), (-5, 300), (30.5, 10)])
def test_a_login_that_ends_too_soon_asks_for_a_new_one(left: float, limit: float) -> None:
    with pytest.raises(InputError, match=r"Your login ends in \d+ minutes.*Log out, log in again"):
        within_login(price(40, limit), 60 * left, 0.0)


def test_a_short_limit_of_ones_own_needs_no_more_than_that() -> None:
    told, checks = within_login(price(40, 10), 60 * 45.0, 0.0)
    assert (told.timeout_seconds, checks) == (600, [])


def test_the_price_that_the_page_shows_ends_before_the_login_of_its_session(hub: LoopbackHub) -> None:
    token = hub.world.add_user("ada")
    now = time.time()
    long, _ = offered(Identity("ada", token, ends=now + 8 * HOUR), 5000)
    assert long is not None
    assert long.quote.timeout_seconds <= 7.5 * HOUR
    assert [check.ok for check in long.checks if check.code == "login"] == [None]
    assert long.ready
    short, error = offered(Identity("ada", token, ends=now + 600))
    assert short is None
    assert error is not None
    assert "Your login ends in 10 minutes" in error


def test_a_token_without_a_session_is_asked_when_it_ends(hub: LoopbackHub) -> None:
    plain, oauth = hub.world.add_user("ada"), hub.world.accounts.add_oauth("ada", ("jobs",))
    assert login_ends(plain) is None
    ends = login_ends(oauth)
    assert ends is not None
    assert ends > time.time()
    with pytest.raises(InputError, match="Could not check your account"):
        login_ends("hf_nobody")


def test_a_price_that_is_confirmed_too_late_starts_nothing(hub: LoopbackHub) -> None:
    clock = [0.0]
    identity = Identity("ada", hub.world.add_user("ada"), page="p", ends=8 * HOUR)
    offers = Offers(lambda: clock[0])
    task = offers.ask("key", Order(RunConfig(), "Hiking", "cpu-basic", "train", 5000.0), CYCLING, identity)
    assert task.done.wait(60)
    assert task.result is not None
    clock[0] = 0.5 * HOUR
    with pytest.raises(InputError, match="Nothing was started, because your login would now end"):
        offers.take("key", "p")
    clock[0] = 0.1 * HOUR
    assert offers.take("key", "p") is task.result
