"""LocalRunner with real processes: small scripts stand where the jobs' scripts stand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.errors import InputError
from backend.jobs import JobState, LocalRunner
from backend.runs import Run, RunConfig
from tests.conftest import DataSet
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[3]

QUICK = "import sys\nprint('\\x1b[1mbold', *sys.argv[1:])"
SLOW = "import time\nprint('began', flush=True)\ntime.sleep(600)"
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
SUBMITTER = """
import sys
from pathlib import Path
from backend.jobs import LocalRunner
from backend.runs import Run
print(LocalRunner(Path(sys.argv[1])).submit(Run.open(Path(sys.argv[2])), "train").state)
"""


@pytest.fixture
def make_run(tmp_path: Path, cycling: DataSet) -> Iterator[Callable[[str], Run]]:
    runs = []

    def make(name: str) -> Run:
        runs.append(Run.create(tmp_path / "runs" / name, RunConfig(), cycling.dataset, cycling.tools, name))
        return runs[-1]

    yield make
    runner = LocalRunner(grace_seconds=0)
    for run in runs:
        for lock in run.path.glob("stages/*.lock"):
            runner.cancel(run, lock.stem)


@pytest.fixture
def make_runner(tmp_path: Path) -> Callable[..., LocalRunner]:
    def make(grace_seconds: float = 10, **scripts: str) -> LocalRunner:
        folder = tmp_path / "scripts"
        folder.mkdir(exist_ok=True)
        for stage, text in scripts.items():
            (folder / f"{stage}.py").write_text(text)
        return LocalRunner(folder, grace_seconds=grace_seconds)

    return make


def _end(runner: LocalRunner, run: Run, stage: str) -> JobState:
    wait_until(lambda: not (runner.state(run, stage) or JobState("queued")).active)
    state = runner.state(run, stage)
    assert state is not None
    return state


def _is_alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _printed(runner: LocalRunner, run: Run, stage: str) -> str:
    wait_until(lambda: runner.log(run, stage)[0] != "")
    return runner.log(run, stage)[0]


def test_a_job_runs_its_script_with_the_runs_files(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("a run"), make_runner(train=QUICK, evaluate=QUICK, export=QUICK)
    assert runner.state(run, "train") is None
    assert runner.submit(run, "train", ["--max-examples=5"]).active
    state = _end(runner, run, "train")
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
        assert _end(runner, run, stage).state == "completed"
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
    state = _end(runner, run, "train")
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
    assert (runner.state(second, "evaluate") or JobState("lost")).message == "Waits for 1 job to end on this machine."
    assert runner.cancel(first, "train").state == "cancelled"
    assert _end(runner, second, "evaluate").state == "completed"
    assert runner.cancel(second, "evaluate").state == "completed"


def test_cancel_ends_the_job_and_its_children(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=WITH_CHILD)
    runner.submit(run, "train")
    child = int(_printed(runner, run, "train"))
    assert _is_alive(child)
    state = runner.cancel(run, "train")
    assert (state.state, state.exit_code) == ("cancelled", -signal.SIGTERM)
    wait_until(lambda: not _is_alive(child))
    runner.submit(run, "train")  # a cancelled job can be started again
    assert _printed(runner, run, "train") != f"{child}\n"


def test_a_job_that_will_not_end_is_killed(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(grace_seconds=0.5, train=STUBBORN)
    runner.submit(run, "train")
    _printed(runner, run, "train")
    state = runner.cancel(run, "train")
    assert (state.state, state.exit_code) == ("cancelled", -signal.SIGKILL)


def test_what_a_finished_job_leaves_running_is_ended(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=LEAVES_A_CHILD)
    runner.submit(run, "train")
    assert _end(runner, run, "train").state == "completed"
    child = int(runner.log(run, "train")[0])
    wait_until(lambda: not _is_alive(child))


def test_a_job_outlives_the_app_that_started_it(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner], tmp_path: Path
) -> None:
    run, runner = make_run("run"), make_runner(train="import time\nprint(1, flush=True)\ntime.sleep(1)\nprint(2)")
    command = [sys.executable, "-c", SUBMITTER, str(tmp_path / "scripts"), str(run.path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("queued", "running")
    assert _end(runner, run, "train").state == "completed"
    assert runner.log(run, "train")[0] == "1\n2\n"


def _supervisor_of(run: Run) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"backend.jobs.supervise" in words and json.dumps(str(run.path)).encode() in words[-2]:
                return int(entry.name)
    raise AssertionError("no supervisor found")


def test_a_job_whose_supervisor_died_is_lost_and_can_be_started_again(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train="import os\nprint(os.getpid(), flush=True)\n" + SLOW)
    runner.submit(run, "train")
    job = int(_printed(runner, run, "train").splitlines()[0])
    os.kill(_supervisor_of(run), signal.SIGKILL)
    wait_until(lambda: not _is_alive(job))
    wait_until(lambda: not (runner.state(run, "train") or JobState("running")).active)
    state = runner.state(run, "train")
    assert state is not None
    assert state.state == "lost"
    assert "Start it again" in state.message
    assert runner.cancel(run, "train").state == "lost"
    other = make_run("other")
    make_runner(evaluate=QUICK).submit(other, "evaluate")  # a dead job blocks no one
    assert _end(runner, other, "evaluate").state == "completed"
    make_runner(train=QUICK).submit(run, "train")
    assert _end(runner, run, "train").state == "completed"


def test_a_supervisor_told_to_stop_ends_its_job(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=SLOW)
    runner.submit(run, "train")
    _printed(runner, run, "train")
    os.kill(_supervisor_of(run), signal.SIGTERM)
    assert _end(runner, run, "train").state == "cancelled"


def test_tokens_never_reach_the_log_file(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "a secret of another form")
    run, runner = make_run("run"), make_runner(train=TELLS_TOKEN)
    runner.submit(run, "train")
    assert _end(runner, run, "train").state == "completed"
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
    assert _end(runner, run, "train").state == "completed"


def test_stages_that_do_not_exist_are_named(
    make_run: Callable[[str], Run], make_runner: Callable[..., LocalRunner]
) -> None:
    run, runner = make_run("run"), make_runner(train=QUICK)
    for act in (runner.state, runner.log, runner.cancel, runner.submit):
        with pytest.raises(InputError, match="dance"):
            act(run, "../dance")
    with pytest.raises(InputError, match="no train job to cancel"):
        runner.cancel(run, "train")
