"""The doctor's jobs: their price first, one cancelled while it runs, one on a GPU that the double has none of."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

import pytest

from backend.doctor.finding import Outcome
from backend.doctor.hub.plan import CPU_MINUTES, GPU_MINUTES, plan_jobs
from backend.errors import InputError
from backend.jobs.huggingface.submission import MOUNT
from tests.hub.doctors import ADA, checked, checked_jobs, left, outcomes, ready_hub, report_of, start
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

PASSED, FAILED, UNKNOWN = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN
ON_CPU = ["Job: mounted files", "Job: log", "Job: label", "Job: cancelling"]
ON_GPU = "Job: GPU of t4-small"


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def stages(hub: LoopbackHub) -> list[str]:
    return [job.stage for job in hub.jobs.all.values()]


def test_the_ceiling_is_price_times_limit(hub: LoopbackHub) -> None:
    plan = plan_jobs(ready_hub(hub))
    prices = [job.flavor.price_per_hour or 0 for job in plan.jobs]
    assert [job.flavor.name for job in plan.jobs] == ["cpu-basic", "t4-small"]
    assert plan.ceiling == pytest.approx((prices[0] * CPU_MINUTES + prices[1] * GPU_MINUTES) / 60)
    assert plan.summary.startswith(
        "About $0.11 at most: 5 minutes of cpu-basic at $0.02 an hour and 15 minutes of t4-small"
    )
    assert len(plan_jobs(ready_hub(hub), "cpu-basic").jobs) == 1
    with pytest.raises(InputError, match=r"offers no machine 'x9000' now\. Choose one of cpu-basic, cpu-upgrade"):
        plan_jobs(ready_hub(hub), "x9000")


def test_both_jobs_are_made_as_a_training_s_are(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    found = checked_jobs(token)
    assert [found[title].outcome for title in ON_CPU] == [PASSED] * 4, outcomes(found)
    assert f"read the file at {MOUNT} byte for byte" in found["Job: mounted files"].seen
    assert "NVIDIA driver none" in found["Job: mounted files"].seen
    assert found[ON_GPU].outcome is FAILED  # as the double's machines have no CUDA, and this is gpu_check.py's reason
    assert "torch 2.13.0" in found[ON_GPU].seen
    assert "built for C" in found[ON_GPU].seen
    assert stages(hub) == ["CANCELED", "ERROR"]
    for asked in hub.jobs.asked:
        assert asked["volumes"][0]["mountPath"] == MOUNT
        assert asked["command"][:2] == ["uv", "run"]
        assert asked.get("secrets", {}) == {}
        assert token not in str(asked)
    assert [asked["timeoutSeconds"] for asked in hub.jobs.asked] == [CPU_MINUTES * 60, GPU_MINUTES * 60]
    assert left(hub) == []


def test_a_job_on_a_cpu_needs_no_package(tmp_path: Path) -> None:
    """What the double cannot see: `uv run` would install what a header names."""
    script = Path(__file__).parents[2] / "job_templates/hub/machine_report.py"
    assert "# dependencies = []\n" in script.read_text()
    (tmp_path / "file").write_bytes(b"x")
    command = ["python3", "-I", "-S", str(script), str(tmp_path / "file"), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("doctor: {"), done.stderr


def test_another_machine_without_a_gpu_is_asked_for_its_files_alone(hub: LoopbackHub) -> None:
    found = checked_jobs(ready_hub(hub), "cpu-upgrade")
    assert found["Job: cpu-upgrade"].outcome is PASSED
    assert stages(hub) == ["CANCELED", "COMPLETED"]


def test_without_credit_the_second_job_is_not_started(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    hub.world.accounts.broke.add(ADA)
    found = checked_jobs(token)
    assert found["Job: mounted files"].outcome is FAILED
    assert "credit" in found["Job: mounted files"].seen
    assert "settings/billing" in found["Job: mounted files"].next
    assert {found[title].outcome for title in [*ON_CPU[1:], ON_GPU]} == {UNKNOWN}
    assert hub.jobs.all == {}
    assert left(hub) == []


def test_a_machine_that_does_not_come_is_waited_for_and_given_up(hub: LoopbackHub) -> None:
    hub.jobs.scheduling = 600.0
    found = checked_jobs(ready_hub(hub), machine=0.5)
    assert found["Job: mounted files"].outcome is UNKNOWN
    assert "No cpu-basic became free" in found["Job: mounted files"].seen
    assert stages(hub) == ["CANCELED"]
    assert left(hub) == []


def test_a_job_that_ends_without_a_word_says_how_it_ended(hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.doctor.hub.jobs.REPORT", "job_templates/none.py")
    found = checked_jobs(ready_hub(hub))
    assert found["Job: mounted files"].outcome is FAILED
    assert "The job ended (error: Job failed with exit code: 2)" in found["Job: mounted files"].seen
    assert "No such file" in found["Job: mounted files"].seen


def test_nothing_is_spent_where_nobody_can_agree(hub: LoopbackHub, tmp_path: Path) -> None:
    doctor = start(ready_hub(hub), tmp_path, "--spend")
    out, err = doctor.communicate()
    assert (doctor.returncode, out) == (2, "")
    assert "Give --yes to agree to the price" in err
    assert hub.trace == []


@pytest.mark.parametrize(("answer", "jobs"), [("\n", 0), pytest.param("no\n", 0, marks=pytest.mark.slow), ("yes\n", 1)])
def test_at_a_terminal_the_price_is_asked(hub: LoopbackHub, tmp_path: Path, answer: str, jobs: int) -> None:
    ours, theirs = pty.openpty()
    flags = ("--spend", "--flavor", "cpu-basic", "--json")
    doctor = start(ready_hub(hub), tmp_path, *flags, stdin=theirs)
    os.write(ours, answer.encode())
    out, err = doctor.communicate(timeout=120)
    for end in (ours, theirs):
        os.close(end)
    assert "About $0.01 at most: 5 minutes of cpu-basic at $0.02 an hour." in err
    assert "Start these jobs? [y/N]" in err
    assert len(hub.jobs.all) == jobs
    found = report_of(out)
    assert {found[title]["outcome"] for title in ON_CPU} == {"passed" if jobs else "could not check"}
    assert left(hub) == []


def test_a_price_that_is_not_told_starts_nothing(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    hub.fail("/api/jobs/hardware", 500)
    out, _ = start(token, tmp_path, "--spend", "--yes", "--json").communicate()
    found = report_of(out)
    assert found["Jobs: price"]["outcome"] == "failed"
    assert found["Deleting"]["outcome"] == "passed"
    assert hub.jobs.all == {}


@pytest.mark.parametrize("token", ["", pytest.param("hf_" + "Wrong1" * 6, marks=pytest.mark.slow)])  # one way out
def test_without_a_login_no_job_is_started_and_that_is_told(hub: LoopbackHub, tmp_path: Path, token: str) -> None:
    out, err = start(token, tmp_path, "--spend", "--yes", "--json").communicate()
    found = report_of(out)
    assert found["Login"]["outcome"] == "failed"
    assert found["Jobs on Hugging Face"]["outcome"] == "could not check"
    assert hub.jobs.all == {}
    assert "Traceback" not in err


@pytest.mark.parametrize("role", ["fineGrained", pytest.param("read", marks=pytest.mark.slow)])  # one refusal
def test_a_login_that_may_not_run_jobs_is_told_before_any_price(hub: LoopbackHub, tmp_path: Path, role: str) -> None:
    ready_hub(hub)
    token = hub.world.add_user(ADA, role, ("repo.write",))
    out, err = start(token, tmp_path, "--spend", "--yes", "--json").communicate()
    found = report_of(out)
    assert found["Permission for jobs"]["outcome"] == "failed"
    assert found["Jobs on Hugging Face"]["outcome"] == "could not check"
    assert "at most" not in err
    assert "uploaded: " not in out
    assert "Client Error" not in out
    assert [line for line in hub.trace if "hardware" in line or line.startswith("POST /api/jobs")] == []
    assert left(hub) == []


def _at_work(hub: LoopbackHub, token: str, folder: Path) -> subprocess.Popen[str]:
    """A doctor whose first job runs, and whose next question about it is not answered."""
    hub.fail("/logs", None, delay_seconds=60)
    doctor = start(token, folder, "--spend", "--yes", "--json")
    wait_until(lambda: stages(hub) == ["RUNNING"] and any(line.endswith("/logs") for line in hub.trace))
    return doctor


def test_asked_to_end_it_cancels_its_job(hub: LoopbackHub, tmp_path: Path) -> None:
    doctor = _at_work(hub, ready_hub(hub), tmp_path)
    doctor.terminate()
    doctor.communicate(timeout=60)
    assert doctor.returncode == 143
    assert stages(hub) == ["CANCELED"]
    assert left(hub) == []


def test_the_job_of_a_killed_one_is_cancelled_by_the_next(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    other = hub.world.add_user("eve")
    doctor = _at_work(hub, token, tmp_path)
    doctor.kill()
    doctor.communicate()
    assert stages(hub) == ["RUNNING"]
    assert checked(other)["Earlier checks"].seen == "No files of earlier checks are left."
    assert stages(hub) == ["RUNNING"]
    hub.faults.clear()
    assert checked(token)["Earlier checks"].seen.startswith("Removed the files of a check that was ended early")
    assert stages(hub) == ["CANCELED"]
    assert left(hub) == []


def test_a_job_whose_start_got_no_answer_is_found_and_cancelled(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    hub.fail(f"POST /api/jobs/{ADA}$", 500, done=True, times=20)
    found = checked_jobs(token)
    assert found["Job: mounted files"].outcome is UNKNOWN
    assert set(stages(hub)) == {"CANCELED"}
    assert left(hub) == []
