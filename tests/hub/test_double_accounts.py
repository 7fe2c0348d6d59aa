"""The loop-back Hub's tokens are no kinder than the documentation: what a scope reaches, refusals, ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from tests.hub.accounts import APP, INVALID
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import IMAGE
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def repositories(hub: LoopbackHub) -> None:
    """Two private datasets of ada's: one that the app made, one that she made herself."""
    hub.world.add_user("ada")
    hub.world.add_repo("ada/app", {"a.csv": b"a"}, "dataset", private=True, made_by=APP)
    hub.world.add_repo("ada/own", {"a.csv": b"a"}, "dataset", private=True)


def login(hub: LoopbackHub, *scopes: str, app: str = APP) -> HfApi:
    return HfApi(token=hub.world.accounts.add_oauth("ada", scopes, app=app))


def status_of(act: Callable[[], Any]) -> int:
    """The status of the refusal, 200 where there is none."""
    try:
        act()
    except HfHubHTTPError as error:
        return int(error.response.status_code)
    return 200


def reading(api: HfApi, name: str) -> int:
    return status_of(lambda: api.dataset_info(f"ada/{name}"))


def writing(api: HfApi, name: str) -> int:
    add = [CommitOperationAdd("b.csv", b"b")]
    return status_of(lambda: api.create_commit(f"ada/{name}", add, commit_message="b", repo_type="dataset"))


def creating(api: HfApi, name: str = "new") -> int:
    return status_of(lambda: api.create_repo(f"ada/{name}", repo_type="dataset", private=True))


def deleting(api: HfApi, name: str) -> int:
    return status_of(lambda: api.delete_repo(f"ada/{name}", repo_type="dataset"))


def listed(api: HfApi) -> set[str]:
    return {info.id for info in api.list_datasets(author="ada")}


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "creates", "deletes", "lists"),
    [
        ("contribute-repos", (200, 404), (200, 404), 200, (401, 404), set()),
        ("read-repos", (200, 200), (401, 401), 401, (401, 401), {"ada/app", "ada/own"}),
        ("write-repos", (200, 200), (200, 200), 401, (401, 401), {"ada/app", "ada/own"}),
        ("manage-repos", (200, 200), (200, 200), 200, (200, 200), {"ada/app", "ada/own"}),
        ("gated-repos", (404, 404), (404, 404), 401, (404, 404), set()),
    ],
)
def test_a_scope_reaches_what_the_documentation_says(
    hub: LoopbackHub,
    scope: str,
    reads: tuple[int, int],
    writes: tuple[int, int],
    creates: int,
    deletes: tuple[int, int],
    lists: set[str],
) -> None:
    api = login(hub, "openid", scope)
    assert (reading(api, "app"), reading(api, "own")) == reads
    assert (writing(api, "app"), writing(api, "own")) == writes
    assert listed(api) == lists
    assert (deleting(api, "app"), deleting(api, "own")) == deletes
    assert creating(api) == creates


def test_what_one_app_made_another_does_not_reach(hub: LoopbackHub) -> None:
    other = login(hub, "contribute-repos", app="other")
    assert (reading(other, "app"), writing(other, "app")) == (404, 404)
    assert creating(other) == 200
    assert reading(other, "new") == writing(other, "new") == 200
    assert reading(login(hub, "contribute-repos"), "new") == 404


def test_what_no_document_says_can_be_either_way(hub: LoopbackHub) -> None:
    accounts, api = hub.world.accounts, login(hub, "contribute-repos")
    accounts.lists_app_repos = True
    assert listed(api) == {"ada/app"}
    accounts.contributors_delete = True
    assert (deleting(api, "own"), deleting(api, "app"), deleting(api, "app")) == (404, 200, 404)
    accounts.missing_scope = 403
    assert creating(login(hub, "read-repos")) == 403


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_scope_for_jobs_is_refused_either_way(hub: LoopbackHub, status: int) -> None:
    hub.world.accounts.missing_scope = status
    without = login(hub, "contribute-repos")
    assert status_of(lambda: list(without.list_jobs(namespace="ada"))) == status
    assert status_of(lambda: without.run_job(image=IMAGE, command=["true"], namespace="ada")) == status


def test_a_user_s_token_without_the_right_is_forbidden(hub: LoopbackHub) -> None:
    reader = HfApi(token=hub.world.add_user("ada", "read"))
    assert (reading(reader, "own"), writing(reader, "own"), creating(reader), deleting(reader, "own")) == (
        200, 403, 403, 403,
    )  # fmt: skip
    blind = HfApi(token=hub.world.add_user("ada", "fineGrained", ("job.write",)))
    assert (reading(blind, "own"), listed(blind)) == (404, set())
    eve = HfApi(token=hub.world.add_user("eve"))
    assert status_of(lambda: list(eve.list_jobs(namespace="ada"))) == 403


def test_a_gated_repository_needs_its_scope(hub: LoopbackHub) -> None:
    hub.world.add_repo("google/model", {"config.json": b"{}"}, gated=True).accepted.add("ada")
    login(hub, "gated-repos").auth_check("google/model")
    with pytest.raises(GatedRepoError):
        login(hub, "read-repos").auth_check("google/model")


def test_a_payment_method_is_told_to_the_scope_that_may_know(hub: LoopbackHub) -> None:
    without, able = login(hub, "jobs"), login(hub, "read-billing")
    assert "canPay" not in without.whoami()
    assert able.whoami()["canPay"] is False
    hub.world.accounts.paying.add("ada")
    assert able.whoami()["canPay"] is True


def test_credit_is_not_a_payment_method(hub: LoopbackHub) -> None:
    hub.world.accounts.paying.add("ada")
    hub.world.accounts.broke.add("ada")
    api = login(hub, "jobs", "read-billing")
    assert api.whoami()["canPay"] is True
    assert status_of(lambda: api.run_job(image=IMAGE, command=["true"], namespace="ada")) == 402
    assert hub.jobs.all == {}


def test_a_token_that_ended_is_refused_everywhere(hub: LoopbackHub) -> None:
    """And the client takes that for a missing repository, as it does over https."""
    api = login(hub, "jobs", "manage-repos")
    job = api.run_job(image=IMAGE, command=["python", "-c", "import time; time.sleep(60)"], namespace="ada")
    wait_until(lambda: hub.jobs.all[job.id].stage == "RUNNING")
    ends = datetime.fromisoformat(api.whoami()["auth"]["expiresAt"]).timestamp()
    assert ends == pytest.approx(hub.world.accounts.tokens[str(api.token)].ends, abs=1)
    hub.world.accounts.end(str(api.token))
    for act in (
        api.whoami,
        lambda: api.inspect_job(job_id=job.id, namespace="ada"),
        lambda: next(iter(api.fetch_job_logs(job_id=job.id, namespace="ada"))),
        lambda: listed(api),
    ):
        with pytest.raises(HfHubHTTPError, match=r"401|Invalid user token"):
            act()
    for asked in (reading, writing):
        assert asked(api, "own") == 401
    with pytest.raises(RepositoryNotFoundError, match="is expired"):
        api.dataset_info("ada/own")
    with pytest.raises(HfHubHTTPError) as raised:
        HfApi(token="hf_" + "x" * 34).dataset_info("ada/own")
    assert raised.value.server_message == INVALID
    assert not isinstance(raised.value, RepositoryNotFoundError)
    assert hub.jobs.all[job.id].stage == "RUNNING"


def test_a_new_repository_holds_what_the_hub_puts_there_and_its_name_is_checked(hub: LoopbackHub) -> None:
    api = login(hub, "contribute-repos")
    assert creating(api) == 200
    assert api.list_repo_files("ada/new", repo_type="dataset") == [".gitattributes"]
    assert creating(api) == 409


def test_a_commit_deletes_what_is_there_and_keeps_binary_content_out_of_git(hub: LoopbackHub) -> None:
    api = login(hub, "write-repos")
    add = [CommitOperationAdd("b/one.csv", b"1"), CommitOperationAdd("b/two.csv", b"2"), CommitOperationAdd("x", b"\0")]
    api.create_commit("ada/own", add, commit_message="add", repo_type="dataset")
    files = hub.world.repos["dataset", "ada/own"].commits[-1][1]
    assert (files["x"].lfs, files["b/one.csv"].lfs) == (True, False)
    gone = [CommitOperationDelete("b/"), CommitOperationDelete("x")]
    api.create_commit("ada/own", gone, commit_message="delete", repo_type="dataset")
    assert set(hub.world.repos["dataset", "ada/own"].commits[-1][1]) == {"a.csv"}
    with pytest.raises(EntryNotFoundError):
        api.create_commit("ada/own", [CommitOperationDelete("x")], commit_message="again", repo_type="dataset")


def test_a_listing_tells_little_and_in_no_order(hub: LoopbackHub) -> None:
    for number in range(12):
        hub.world.add_repo(f"ada/{number:02}", {"a.csv": b""}, "dataset")
    api = login(hub, "read-repos")
    found = list(api.list_datasets(author="ada"))
    assert sorted(info.id for info in found) != [info.id for info in found]
    assert [(info.sha, info.siblings) for info in found] == [(None, None)] * len(found)
    assert api.dataset_info("ada/own", expand=["sha"]).siblings is None
