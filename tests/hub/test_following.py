"""Following a job over connections that break: every line once, every end in words."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import HfApi

from backend.jobs.huggingface import JobRef, Watchers, read_remote, write_order
from backend.jobs.huggingface.log_sync import MARK
from backend.jobs.huggingface.remote import write_remote
from backend.jobs.huggingface.runner import write_queued
from backend.jobs.states import read_state
from backend.runs import Run, RunConfig, append_event, read_events, read_json
from tests.conftest import ROOT
from tests.hub.jobs import Job, now
from tests.hub.loopback import LoopbackHub
from tests.hub.remote_runs import STEP, runner_of, scripted_job, watched_to_end
from tests.waiting import wait_until

TALK = f"""
import json, os, time
print("Installed 90 packages in 1ms")
print(" + torch==2.13.0")
for step in range(40):
    print("line", step)
    print("twin")
    print("{MARK}" + json.dumps({{**{STEP!r}, "step": step, "time": step}}))
    print("\\x1b[31mred\\x1b[0m" if step == 3 else "", flush=True)
    time.sleep(0.01)
print("token", os.environ.get("HF_TOKEN", "hf_" + "Aa1" * 12))
print("{MARK}" + json.dumps({{"event": "job", "stage": "train", "state": "ended", "exit_code": 0}}), flush=True)
"""
EXPECTED = [text for step in range(40) for text in (f"line {step}", "twin", "red" if step == 3 else "")]
RESULTS = {
    "jobs/train.json": json.dumps({"attempt": "a1", "exit_code": 0}).encode(),
    "training.json": b'{"steps": 40}',
    "checkpoint/model.safetensors": b"weights",
    "export/hiking.litertlm": b"LITERTLM",
}


def leave(hub: LoopbackHub, run: Run, files: dict[str, bytes]) -> None:
    """Put results where the job would."""
    remote = read_remote(run)
    assert remote is not None
    hub.world.add_repo(remote.results_repo, files, private=True)


def log_of(run: Run, token: str) -> list[str]:
    return runner_of(token).log(run, "train")[0].splitlines()


def check_told_once(run: Run, token: str) -> None:
    """The log and the events are what the job printed, each line once and in order, and nothing secret."""
    *lines, last = log_of(run, token)
    assert lines == EXPECTED
    assert last == "token hf_…"
    steps = [event["step"] for event in read_events(run.metrics_path)[0] if event["event"] == "step"]
    assert steps == list(range(40))


def test_every_line_arrives_once_whatever_happens_to_the_connection(hub: LoopbackHub, run: Run, token: str) -> None:
    """Cut in the middle, replays that are too short, 502, 429, 500, and answers that never come."""
    leave(hub, run, RESULTS)
    for status, lines in ((0, 30), (206, 12), (0, 90), (206, 3), (206, 100)):
        hub.fail("LOGS", status, headers={"lines": str(lines)}, times=1)
    hub.fail("GET .*/logs", 502, times=2)
    hub.fail("GET /api/jobs/ada/[0-9a-f]+$", 429, headers={"Retry-After": "0"}, times=1)
    hub.fail("GET /api/jobs/ada/[0-9a-f]+$", 500, times=1)
    hub.fail("GET /api/jobs/ada/[0-9a-f]+$", 0, times=1)
    scripted_job(hub, run, token, TALK)
    state = watched_to_end(run, "train", token)
    assert (state.state, state.exit_code, state.message) == ("completed", 0, "")
    assert state.started is not None
    assert state.ended is not None
    check_told_once(run, token)
    assert read_json(run.training_path) == {"steps": 40}
    assert not list(run.path.rglob("*.litertlm"))
    assert not run.checkpoint.exists()


FOLLOW = """
import sys, time
from pathlib import Path
from backend.jobs.huggingface.watch import Watchers
from backend.runs import Run
watchers = Watchers(0.05)
watchers.watch(Run.open(Path(sys.argv[1])), "train", sys.argv[2])
time.sleep(60)
"""


def test_a_follower_that_is_killed_loses_and_doubles_nothing(
    hub: LoopbackHub, run: Run, token: str, tmp_path: Path
) -> None:
    leave(hub, run, RESULTS)
    go = tmp_path / "go"
    pause = f"    while step >= 20 and not os.path.exists({str(go)!r}): time.sleep(0.01)\n"
    scripted_job(hub, run, token, TALK.replace("    time.sleep(0.01)\n", pause))
    log = run.log_path("train")
    for least in (0, 300):
        follower = subprocess.Popen([sys.executable, "-c", FOLLOW, run.path, token], cwd=ROOT, env=os.environ)
        wait_until(lambda least=least: log.exists() and log.stat().st_size > least)
        follower.send_signal(signal.SIGKILL)
        follower.wait()
        go.touch()
    assert watched_to_end(run, "train", token).state == "completed"
    check_told_once(run, token)


def test_a_job_is_followed_once(hub: LoopbackHub, run: Run, token: str) -> None:
    leave(hub, run, RESULTS)
    scripted_job(hub, run, token, TALK)
    watchers = [Watchers(0.05), Watchers(0.05)]
    for _ in range(5):
        for each in watchers:
            each.watch(run, "train", token)
    wait_until(lambda: not (read_state(run, "train") or pytest.fail("no state")).active)
    for each in watchers:
        each.stop()
    check_told_once(run, token)
    assert len([asked for asked in hub.trace if asked.endswith("/logs")]) <= 3


@pytest.mark.parametrize(
    ("script", "timeout", "files", "word", "told"),
    [
        ("import time; time.sleep(60)", 1, {}, "failed", "reached its time limit of 30 minutes and was stopped"),
        ("print('error: Row 3 is wrong.'); raise SystemExit(1)", 60, {}, "failed", "Row 3 is wrong."),
        ("print('ok')", 60, {}, "failed", "lacks this job's own report, training.json, checkpoint/*.safetensors"),
        ("print('ok')", 60, {"jobs/train.json": b'{"attempt": "other"}'}, "failed", "lacks this job's own report"),
    ],
)
def test_an_end_is_told_in_plain_words(
    hub: LoopbackHub, run: Run, token: str, script: str, timeout: int, files: dict[str, bytes], word: str, told: str
) -> None:
    leave(hub, run, files)
    scripted_job(hub, run, token, script, timeout=timeout)
    state = watched_to_end(run, "train", token)
    assert state.state == word
    assert told in state.message


def test_cancelling_ends_the_job_and_its_bill(hub: LoopbackHub, run: Run, token: str) -> None:
    job = scripted_job(hub, run, token, "import time; print('on', flush=True); time.sleep(60)")
    watchers, runner = Watchers(0.05), runner_of(token)
    watchers.watch(run, "train", token)
    wait_until(lambda: log_of(run, token) == ["on"])
    assert runner.cancel(run, "train").state == "cancelled"
    assert hub.jobs.all[job].stage == "CANCELED"
    watchers.stop()
    assert runner.cancel(run, "train").state == "cancelled"


def test_a_login_that_ended_leaves_the_job_alone_and_a_new_one_goes_on(hub: LoopbackHub, run: Run, token: str) -> None:
    leave(hub, run, RESULTS)
    scripted_job(hub, run, token, TALK.replace("0.01", "0.05"))
    watchers = Watchers(0.02)
    for _ in range(2):  # the second time nothing is asked any more
        watchers.watch(run, "train", "hf_" + "Wrong1" * 6)
        wait_until(lambda: not watchers.watching(run, "train"))
    assert len([asked for asked in hub.trace if asked.startswith("GET /api/jobs/ada/")]) == 3
    state = read_state(run, "train")
    assert state is not None
    assert state.active
    assert "The job was waiting for a machine" in state.message
    assert watched_to_end(run, "train", token).state == "completed"
    check_told_once(run, token)


def test_a_job_that_the_hub_forgot_is_told(hub: LoopbackHub, run: Run, token: str) -> None:
    job = scripted_job(hub, run, token, "print(1)")
    wait_until(lambda: hub.jobs.all[job].ended)
    del hub.jobs.all[job]
    state = watched_to_end(run, "train", token)
    assert (state.state, "no longer has the job" in state.message) == ("failed", True)


def test_events_that_no_connection_told_come_with_the_results(hub: LoopbackHub, run: Run, token: str) -> None:
    append_event(run.metrics_path, {**STEP, "step": 0, "time": 0})
    told = "".join(json.dumps({**STEP, "step": step, "time": step}) + "\n" for step in range(3))
    leave(hub, run, {**RESULTS, "metrics.jsonl": told.encode()})
    scripted_job(hub, run, token, "print('nothing')")
    assert watched_to_end(run, "train", token).state == "completed"
    assert [event["step"] for event in read_events(run.metrics_path)[0]] == [0, 1, 2]


def test_many_jobs_are_followed_at_once_and_leave_room_for_others(hub: LoopbackHub, token: str, tmp_path: Path) -> None:
    """More of them than a client has connections by itself."""
    runs, watchers = [], Watchers(0.5)
    for number in range(110):
        inputs = tmp_path / "rows.csv", tmp_path / "tools.json"
        for path in inputs:
            path.write_text("[]")
        run = Run.create(tmp_path / "many" / str(number), RunConfig(), *inputs)
        job = Job(f"{number:024x}", "ada", {"command": []}, now(), "RUNNING")
        job.say("on")
        hub.jobs.all[job.id] = job
        remote = write_order(run, "ada", "t4-small", 600)
        write_remote(run, remote.with_job("train", JobRef(job.id, "a1", 0.0, "ada")))
        write_queued(run, "train")
        watchers.watch(run, "train", token)
        runs.append(run)
    wait_until(lambda: all(log_of(run, token) == ["on"] for run in runs))
    assert HfApi(token=token).whoami()["name"] == "ada"
    for job in hub.jobs.all.values():
        job.become("CANCELED")
    wait_until(lambda: not any((state := read_state(run, "train")) and state.active for run in runs))
    watchers.stop()
