"""What a check of an account may not delete: it is named, used again, and nobody else's is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.doctor.finding import Outcome
from tests.hub.accounts import APP
from tests.hub.doctors import ADA, checked, left, ready_hub
from tests.hub.loopback import LoopbackHub

pytestmark = pytest.mark.usefixtures("notes")
PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN


@pytest.mark.slow  # the tests below hold its parts
def test_what_may_not_be_deleted_is_named_and_used_again(hub: LoopbackHub, notes: Path) -> None:
    """As an app's login that neither lists nor deletes; the notes are lost, as with every restart of a Space."""
    accounts, kept = hub.world.accounts, f"{ADA}/fgt-doctor-kept"
    ready_hub(hub)
    token = accounts.add_oauth(ADA, ("contribute-repos", "jobs", "gated-repos"))
    for earlier in ("No files of earlier checks are left.", f"{kept} of an earlier check exists, and is used again."):
        found = checked(token)
        assert left(hub) == [kept]
        assert list(notes.rglob("doctor-*.json")) == []
        assert (found["Earlier checks"].outcome, found["Earlier checks"].seen) == (PASSED, earlier)
        assert {found[title].outcome for title in ("Private repository", "Upload", "Read-back")} == {PASSED}
        assert found["Deleting"].outcome is UNKNOWN
        assert f"This login may not delete repositories, so {kept} stays" in found["Deleting"].seen
        assert f"delete the repository at {hub.endpoint}/datasets/{kept}/settings." in found["Deleting"].next
    accounts.contributors_delete = True
    assert checked(token)["Deleting"].outcome is PASSED
    assert left(hub) == []


def test_what_another_login_had_to_leave_is_removed_by_one_that_may(hub: LoopbackHub) -> None:
    accounts, kept = hub.world.accounts, f"{ADA}/fgt-doctor-kept"
    token = ready_hub(hub)
    checked(accounts.add_oauth(ADA, ("contribute-repos", "jobs", "gated-repos")))
    assert left(hub) == [kept]
    found = checked(token)
    assert found["Earlier checks"].seen == f"Removed the files of a check that was ended early: {kept}."
    assert left(hub) == []


@pytest.mark.parametrize(("private", "made_by"), [(False, APP), (True, "another-app"), (True, APP)])
def test_another_s_repository_of_the_fixed_name_is_left_alone(hub: LoopbackHub, private: bool, made_by: str) -> None:
    accounts, kept = hub.world.accounts, f"{ADA}/fgt-doctor-kept"
    accounts.contributors_delete = True
    repo = hub.world.add_repo(kept, {"mine.csv": b"x"}, "dataset", private=private, made_by=made_by)
    before = list(repo.commits)
    found = checked(accounts.add_oauth(ADA, ("contribute-repos", "jobs", "gated-repos")))
    assert found["Private repository"].outcome is FAILED
    assert f"{kept} exists already" in found["Private repository"].seen
    assert found["Upload"].outcome is UNKNOWN
    assert hub.world.repos["dataset", kept].commits == before
