"""LocalRunner with real processes: small scripts stand where the jobs' scripts stand."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from backend.errors import InputError
from backend.jobs import JobState, LocalRunner
from backend.runs import Run
from tests.unit.jobs.local_jobs import QUICK, SLOW, end_of, is_alive, printed
from tests.waiting import wait_until

REFUSES = "import sys\nsys.exit('error: line 3: no tool\\n  fix: add it')"
CRASHES = "print('working')\nraise RuntimeError('boom')"
TELLS_TOKEN = "import os\nprint('token', os.environ['HF_TOKEN'], 'hf_' + 'Ab12' * 9)"
WITH_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("began", flush=True)
time.sleep(600)
"""
LEAVES_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
"""


def test_a_job_runs_its_script_with_the_runs_files(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("a run"), make_runner(train=QUICK, evaluate=QUICK, export=QUICK)
    assert runner.state(run, "train") is None
    assert runner.submit(run, "train", ["--max-examples=5"]).active
    state = end_of(runner, run, "train")
    assert (state.state, state.exit_code, state.message) == ("completed", 0, "")
    assert state.started is not None
    assert state.ended is not None
    assert state.started <= state.ended
    text, offset = runner.log(run, "train")
    assert text.startswith(f"bold --dataset {run.dataset_path} --tools {run.tools_path} --output-repo {run.path} ")
    assert "--base-model=starter --prompt-format=native --declarations=none --epochs=auto --lr=0.001" in text
    assert "--max-seq-length=auto" in text
    assert text.endswith("--seed=42 --max-examples=5\n")
    assert runner.log(run, "train", offset) == ("", offset)
    for stage, arguments in (("evaluate", ""), ("export", f" --output-repo {run.path}")):
        runner.submit(run, stage)
        assert end_of(runner, run, stage).state == "completed"
        assert runner.log(run, stage)[0] == f"bold --model {run.path}{arguments}\n"


@pytest.mark.parametrize(
    ("script", "code", "message"),
    [
        (REFUSES, 1, "line 3: no tool\n  fix: add it"),
        (CRASHES, 1, "RuntimeError: boom"),
        ("import os\nos.kill(os.getpid(), 9)", -9, "memory"),
        ("import os\nos.abort()", -6, "SIGABRT"),
        ("import sys\nsys.exit(3)", 3, "exit code 3"),
    ],
)
def test_a_failed_job_says_why(
    make_run: Callable[[str], Run],
    make_runner: Callable[..., LocalRunner],
    script: str,
    code: int,
    message: str,
) -> None:
    run, runner = make_run("run"), make_runner(train=script)
    runner.submit(run, "train")
    state = end_of(runner, run, "train")
    assert (state.state, state.exit_code) == ("failed", code)
    assert message in state.message


def test_a_second_job_waits_for_the_first(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    first, second, third = make_run("first"), make_run("second"), make_run("third")
    runner = make_runner(train=SLOW, evaluate=QUICK)
    runner.submit(first, "train")
    runner.submit(second, "evaluate")
    runner.submit(third, "evaluate")
    wait_until(lambda: "2 jobs" in (runner.state(third, "evaluate") or JobState("queued")).message)
    with pytest.raises(InputError, match="already has a train job"):
        runner.submit(first, "train")
    assert runner.cancel(third, "evaluate").state == "cancelled"
    waits = "Waits for 1 job to end on this machine."
    wait_until(lambda: (runner.state(second, "evaluate") or JobState("lost")).message == waits)
    assert runner.cancel(first, "train").state == "cancelled"
    assert end_of(runner, second, "evaluate").state == "completed"
    assert runner.cancel(second, "evaluate").state == "completed"


def test_cancel_ends_the_job_and_its_children(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=WITH_CHILD)
    runner.submit(run, "train")
    child = int(printed(runner, run, "train"))
    assert is_alive(child)
    state = runner.cancel(run, "train")
    assert (state.state, state.exit_code) == ("cancelled", -signal.SIGTERM)
    wait_until(lambda: not is_alive(child))
    runner.submit(run, "train")  # a cancelled job can be started again
    assert printed(runner, run, "train") != f"{child}\n"


def test_a_job_that_will_not_end_is_killed(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(grace_seconds=0.5, train=STUBBORN)
    runner.submit(run, "train")
    printed(runner, run, "train")
    state = runner.cancel(run, "train")
    assert (state.state, state.exit_code) == ("cancelled", -signal.SIGKILL)


def test_what_a_finished_job_leaves_running_is_ended(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=LEAVES_A_CHILD)
    runner.submit(run, "train")
    assert end_of(runner, run, "train").state == "completed"
    child = int(runner.log(run, "train")[0])
    wait_until(lambda: not is_alive(child))


def test_tokens_never_reach_the_log_file(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "a secret of another form")
    run, runner = make_run("run"), make_runner(train=TELLS_TOKEN)
    runner.submit(run, "train")
    assert end_of(runner, run, "train").state == "completed"
    assert run.log_path("train").read_text() == "token … hf_…\n"


def test_a_damaged_state_file_is_lost_and_not_fatal(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=QUICK)
    path = run.state_path("train")
    path.parent.mkdir()
    for text in ("", "{", "[]", '{"state": "dancing"}', '{"state": 3, "started": "noon"}'):
        path.write_text(text)
        state = runner.state(run, "train")
        assert state is not None
        assert state.state == "lost"
        assert "Start the stage again" in state.message
    runner.submit(run, "train")
    assert end_of(runner, run, "train").state == "completed"


def test_stages_that_do_not_exist_are_named(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=QUICK)
    for act in (runner.state, runner.log, runner.cancel, runner.submit):
        with pytest.raises(InputError, match="dance"):
            act(run, "../dance")
    with pytest.raises(InputError, match="no train job to cancel"):
        runner.cancel(run, "train")
