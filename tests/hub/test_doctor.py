"""The doctor's look at an account: all well, a bad login, missing permissions, a Hub with faults; nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.doctor.finding import Outcome
from backend.errors import InputError
from backend.hub.errors import hub_errors
from tests.hub.doctors import ADA, BASE, checked, left, outcomes, ready_hub, report_of, start
from tests.hub.loopback import LoopbackHub

pytestmark = pytest.mark.usefixtures("notes")
PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
AFTER_LOGIN = [
    "Permission for jobs", "Licence of the base model", "Earlier checks", "Private repository", "Upload", "Read-back",
    "Listing of repositories", "Deleting",
]  # fmt: skip


def test_a_good_account_passes_and_keeps_nothing(hub: LoopbackHub, notes: Path) -> None:
    found = checked(ready_hub(hub))
    assert list(found) == ["Login", *AFTER_LOGIN]
    assert set(outcomes(found).values()) == {PASSED}, found
    assert found["Login"].seen.startswith(f"{ADA}, with a token that may write")
    assert left(hub) == []
    assert list(notes.rglob("doctor-*.json")) == []
    assert [job for job in hub.trace if job.startswith("POST /api/jobs")] == []


def test_the_command_reports_without_secrets(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    written = tmp_path / "report.txt"
    done = start(token, tmp_path, "--hub", "--report", str(written))
    out, err = done.communicate()
    assert "Traceback" not in err
    assert "This check is free" in err
    assert written.read_text() == out
    assert "Account on Hugging Face" in out
    assert "ACCOUNT, with a token that may write" in out
    for secret in (token, token[3:], ADA, str(Path.home()) + "/"):
        assert secret not in out, secret
    assert left(hub) == []


def test_json_is_one_object_with_the_same_findings(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    out, err = start(token, tmp_path, "--hub", "--json").communicate()
    found = report_of(out)
    assert {found[title]["outcome"] for title in AFTER_LOGIN} == {"passed"}, found
    assert token not in out
    assert ADA not in out
    assert "Traceback" not in err


def test_nobody_and_a_bad_login_fail_once_and_leave_the_rest_unchecked(hub: LoopbackHub) -> None:
    for token, told in ((None, "Nobody is logged in"), ("hf_" + "Wrong1" * 6, "not accepted")):
        found = checked(token)
        assert found["Login"].outcome is FAILED
        assert told in found["Login"].seen
        assert "hf auth login" in found["Login"].next
        assert {found[title].outcome for title in AFTER_LOGIN} == {UNKNOWN}
        assert "Wrong1" not in str(found)
    assert [asked for asked in hub.trace if not asked.startswith("GET ")] == []


def test_a_token_that_may_only_read_says_what_to_take(hub: LoopbackHub) -> None:
    found = checked(hub.world.add_user(ADA, "read"))
    assert found["Permission for jobs"].outcome is FAILED
    assert found["Private repository"].outcome is FAILED
    assert "does not permit it" in found["Private repository"].seen
    assert "settings/tokens" in found["Private repository"].next
    assert {found[title].outcome for title in ("Upload", "Read-back", "Listing of repositories", "Deleting")} == {
        UNKNOWN
    }


@pytest.mark.parametrize("missing_scope", [401, 403])
def test_a_login_without_scopes_fails_where_they_are_needed(hub: LoopbackHub, missing_scope: int) -> None:
    hub.world.accounts.missing_scope = missing_scope
    found = checked(hub.world.accounts.add_oauth(ADA, ("gated-repos",)))
    assert found["Login"].outcome is PASSED
    assert "with a login of this app; it expires at " in found["Login"].seen
    assert found["Permission for jobs"].outcome is FAILED
    assert found["Private repository"].outcome is FAILED
    assert left(hub) == []


def test_terms_that_were_not_accepted_are_named_with_their_page(hub: LoopbackHub) -> None:
    hub.world.add_repo(BASE, {"config.json": b"{}"}, gated=True)
    found = checked(hub.world.add_user(ADA))
    assert found["Licence of the base model"].outcome is FAILED
    assert found["Licence of the base model"].next == f"See {hub.endpoint}/{BASE}."
    assert found["Deleting"].outcome is PASSED  # the rest is checked all the same


def test_a_hub_that_answers_with_faults_could_not_be_checked(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    hub.fail("whoami", 500)
    found = checked(token)
    assert set(outcomes(found).values()) == {UNKNOWN}
    assert "has a fault (500)" in found["Login"].seen


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        pytest.param("POST /api/repos/create", "Private repository", marks=pytest.mark.slow),  # as the next two
        ("/commit/", "Upload"),
        ("/resolve/", "Read-back"),
    ],
)
def test_a_fault_in_the_middle_is_one_line_and_nothing_is_left(hub: LoopbackHub, pattern: str, title: str) -> None:
    token = ready_hub(hub)
    hub.fail(pattern, 500)
    found = checked(token)
    assert found[title].outcome is UNKNOWN, found[title]
    assert "fault (500)" in found[title].seen
    assert left(hub) == []


def test_other_bytes_than_those_sent_are_a_failure(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.hub.repos import StoredFile, World

    token, real = ready_hub(hub), World.read

    def changed(world: World, kind: str, name: str, *rest: object) -> object:
        repo = real(world, kind, name, *rest)  # type: ignore[arg-type]
        for _, files in repo.commits:
            if "doctor.txt" in files:
                files["doctor.txt"] = StoredFile(b"other", lfs=False)
        return repo

    monkeypatch.setattr(World, "read", changed)
    found = checked(token)
    assert (found["Read-back"].outcome, found["Read-back"].seen) == (FAILED, "doctor.txt was changed.")


def test_a_listing_without_the_repository_is_a_failure(hub: LoopbackHub) -> None:
    """As an app's login may see it, by `contribute-repos`."""
    accounts = hub.world.accounts
    accounts.contributors_delete = True
    found = checked(accounts.add_oauth(ADA, ("contribute-repos", "jobs", "gated-repos")))
    assert found["Listing of repositories"].outcome is FAILED
    assert "The app finds runs again only by their jobs" in found["Listing of repositories"].next
    assert found["Deleting"].outcome is PASSED
    accounts.lists_app_repos = True
    again = checked(accounts.add_oauth(ADA, ("contribute-repos", "jobs", "gated-repos")))
    assert again["Listing of repositories"].outcome is PASSED


@pytest.mark.parametrize("login", ["oauth", "fineGrained", "write"])
def test_accepted_terms_are_not_asked_for_alone_where_the_login_may_be_what_lacks(hub: LoopbackHub, login: str) -> None:
    ready_hub(hub)
    if login == "oauth":
        token = hub.world.accounts.add_oauth(ADA, ("manage-repos", "jobs"))
    else:
        hub.world.repos["model", BASE].accepted.clear()
        token = hub.world.add_user(ADA, login, ("repo.write", "job.write"))
    found = checked(token)["Licence of the base model"]
    assert found.outcome is FAILED
    assert ("or this login may not read gated repositories" in found.seen) is (login != "write")
    assert ("log in again and grant that" in found.seen) is (login != "write")


@pytest.mark.parametrize("status", [401, *(pytest.param(one, marks=pytest.mark.slow) for one in (404, None))])  # alike
def test_a_file_storage_out_of_reach_could_not_be_checked(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int | None
) -> None:
    monkeypatch.delenv("HF_HUB_DISABLE_XET", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    if status:
        hub.fail("xet-write-token", status)
    out, err = start(ready_hub(hub), tmp_path, "--hub", "--json").communicate()
    found = report_of(out)
    assert found["Upload"]["outcome"] == "could not check"
    assert "The Hub's storage for large files" in found["Upload"]["seen"]
    assert found["Upload"]["next"].startswith("Open the network to the Hub's file storage, or set HF_HUB_DISABLE_XET=1")
    assert "Please report this" not in out
    assert "Traceback" not in err
    assert left(hub) == []


@pytest.mark.parametrize("token", ["hf_" + "Ä" * 34, "hf_\u200b" + "Abc1" * 8])
@pytest.mark.usefixtures("hub")
def test_a_token_with_foreign_letters_is_no_token(token: str) -> None:
    found = checked(token)
    assert found["Login"].outcome is FAILED
    assert "The token is not valid" in found["Login"].seen
    assert "Please report" not in str(found)
    with pytest.raises(InputError, match="the token is not valid"), hub_errors("ada/x", "read"):
        HfApi(token=token).dataset_info("ada/x")


def test_passwords_in_the_hub_s_address_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for endpoint in ("http://eve:pass-word@127.0.0.1:9", "http://127.0.0.1:9?key=pass-word"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        out, err = start("hf_" + "Abc1" * 8, tmp_path, "--hub").communicate()
        assert "Hub: http://127.0.0.1:9\n" in out
        assert "pass-word" not in out + err
        assert "eve" not in out


def test_a_hub_out_of_reach_is_told_and_not_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process, because the client reads its endpoint once: nothing listens on the discard port."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    out, err = start("hf_" + "Abc1" * 8, tmp_path, "--hub", "--json").communicate()
    found = report_of(out)
    assert found["Login"]["outcome"] == "could not check"
    assert "http://127.0.0.1:9 could not be reached" in found["Login"]["seen"]
    assert "Traceback" not in err
