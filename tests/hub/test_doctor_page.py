"""The checks as the page offers them: to whom, stopped in the middle, and never spending without its own page's yes."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.doctor.finding import Outcome
from backend.errors import InputError
from tests.hub.doctors import ADA, left, ready_hub
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until
from ui.frame.doctor_panel import _ended, _linked, begin_check, check_buttons
from ui.page.location import Location
from ui.page.state import PageState
from ui.services.checkups import Checkups
from ui.services.identity import Identity
from ui.services.services import Services


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


class Only(Services):
    """The services of somebody, of which the checks are looked at."""

    def __init__(self, identity: Identity) -> None:
        object.__setattr__(self, "identity", identity)
        object.__setattr__(self, "checkups", Checkups())


def seen_by(identity: Identity) -> PageState:
    return PageState(Only(identity), Location())


def done(checkups: Checkups, kind: str) -> dict[str, Outcome]:
    checkup = checkups.last(kind)
    assert checkup is not None
    assert checkup.task.done.wait(120)
    return {one.title: one.outcome for one in checkup.found}


def test_each_is_offered_what_is_theirs() -> None:
    machine, account = "Check this machine", "Check my account"
    offered = {
        Identity(): [],
        Identity(machine=True): [machine],
        Identity("ada", "hf_x", machine=True): [machine, account],
        Identity("ada", "hf_x"): [account],
    }
    for identity, labels in offered.items():
        shown = check_buttons(seen_by(identity))
        assert [label for label in (machine, account) if label in shown] == labels


def test_what_is_not_offered_is_not_done_either() -> None:
    visitor = seen_by(Identity())
    for kind, told in (("account", "Log in"), ("other", "no check of 'other'")):
        with pytest.raises(InputError, match=told):
            begin_check(visitor, kind)
    with pytest.raises(InputError, match="Only the owner can check this machine"):
        Checkups().check_machine(Identity("ada", "hf_x"), Path())
    with pytest.raises(InputError, match="Log in"):
        Checkups().ask_price(Identity())


def test_an_account_s_check_ends_with_a_report_to_copy(hub: LoopbackHub) -> None:
    token, checkups = ready_hub(hub), Checkups()
    checkups.check_account(Identity(ADA, token))
    first = checkups.last("account")
    checkups.check_account(Identity(ADA, token))  # pressed again meanwhile: there is one
    assert set(done(checkups, "account").values()) == {Outcome.PASSED}
    again = checkups.last("account")
    assert again is first
    assert again is not None
    assert "ACCOUNT, with a token that may write" in again.text
    assert token not in again.text
    assert ADA not in again.text
    assert hub.jobs.all == {}
    assert len([asked for asked in hub.trace if asked == "POST /api/repos/create"]) == 1


def test_stopping_removes_what_was_made(hub: LoopbackHub) -> None:
    checkups = Checkups()
    hub.fail("/resolve/", None, times=1, delay_seconds=2)
    checkups.check_account(Identity(ADA, ready_hub(hub)))
    wait_until(lambda: any("/resolve/" in asked for asked in hub.trace))
    assert len(left(hub)) == 1
    checkup = checkups.last("account")
    assert checkup is not None
    checkup.task.stop.set()
    found = done(checkups, "account")
    assert "Deleting" not in found
    assert checkup.task.error == "This was stopped."
    assert left(hub) == []
    assert "the checks were ended early." in checkup.text
    assert "ACCOUNT, with a token that may write" in checkup.text
    assert ADA not in checkup.text
    shown = _ended(seen_by(Identity(ADA, "hf_x")), "account", checkup)
    assert any("data-copy" in part for part in shown)
    assert any("ACCOUNT, with a token" in part for part in shown)


def test_what_may_stay_is_said_before_anything_is_made() -> None:
    said = "which stays if the login may not delete it"
    assert said in check_buttons(seen_by(Identity(ADA, "hf_x")))
    assert said not in check_buttons(seen_by(Identity(machine=True)))


def test_only_the_page_that_was_shown_the_price_starts_the_jobs_and_once(hub: LoopbackHub) -> None:
    token, checkups = ready_hub(hub), Checkups()
    asker, other, unknown = (Identity(ADA, token, page=page) for page in ("one", "two", None))
    checkups.confirm(asker)  # there is no price yet
    checkups.ask_price(asker)
    price = checkups.price()
    assert price is not None
    assert price.done.wait(60)
    for stranger in (other, unknown):
        with pytest.raises(InputError, match="Another page requested this price, so nothing was started"):
            checkups.confirm(stranger)
    assert hub.jobs.all == {}
    assert checkups.last("account") is None
    checkups.confirm(asker)
    checkups.confirm(asker)
    found = done(checkups, "account")
    assert found["Job: cancelling"] is Outcome.PASSED
    assert found["Job: GPU of t4-small"] is Outcome.FAILED  # the double has no GPU
    assert len(hub.jobs.all) == 2
    assert checkups.price() is None
    assert left(hub) == []


def test_a_price_is_not_kept_that_was_not_wanted(hub: LoopbackHub) -> None:
    checkups, asker = Checkups(), Identity(ADA, ready_hub(hub), page="one")
    checkups.ask_price(asker)
    checkups.drop_price()
    checkups.confirm(asker)
    assert checkups.last("account") is None


def test_only_the_hub_s_addresses_become_links(hub: LoopbackHub) -> None:
    own = f"{hub.endpoint}/datasets/ada/fgt-doctor-1/settings"
    shown = _linked(f"Delete it at {own}. Not https://evil.test/x or <b>.")
    assert f'<a href="{own}" target="_blank" rel="noopener">{own}</a>.' in shown
    assert shown.count("<a ") == 1
    assert "&lt;b&gt;" in shown
