"""The loop-back Hub is fresh for every test: nothing of an earlier one goes on in it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from huggingface_hub import HfApi

from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import IMAGE
from tests.waiting import wait_until


def test_what_is_being_answered_ends_in_the_world_that_it_was_asked_of(hub: LoopbackHub) -> None:
    token = hub.world.add_user("ada")
    hub.fail("POST /api/repos/create", None, delay_seconds=600)
    with ThreadPoolExecutor() as pool:
        made = pool.submit(HfApi(token=token).create_repo, "ada/late")
        wait_until(lambda: hub.answering == 1)
        hub.reset()
        assert made.result(60).repo_id == "ada/late"
    assert hub.world.repos == {}
    assert hub.trace == []


def test_a_job_that_waits_for_a_machine_ends_with_a_reset(hub: LoopbackHub) -> None:
    hub.jobs.scheduling = 600.0
    job = HfApi(token=hub.world.add_user("ada")).run_job(image=IMAGE, command=["true"], namespace="ada")
    assert f"job-{job.id}" in {thread.name for thread in threading.enumerate()}
    hub.reset()
    wait_until(lambda: f"job-{job.id}" not in {thread.name for thread in threading.enumerate()})
