"""A doctor that is ended in the middle: asked to, it cleans up; killed, the next one does, and touches nothing else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from backend.doctor.finding import Outcome
from backend.doctor.hub import notes
from backend.doctor.hub.notes import OLDEST_SECONDS
from tests.hub.doctors import ADA, checked, left, ready_hub, start
from tests.hub.loopback import LoopbackHub
from tests.waiting import wait_until

OLD, YOUNG = OLDEST_SECONDS + 600, 600.0


@pytest.fixture(autouse=True)
def _temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def word(age: float) -> str:
    return f"{int(time.time() - age):08x}-abcdef"


def asked(hub: LoopbackHub, pattern: str) -> bool:
    return any(pattern in line for line in hub.trace)


pytestmark = pytest.mark.slow  # test_doctor.py holds what is removed
ENDS = [
    (signal.SIGTERM, 143),
    *(pytest.param(*end, marks=pytest.mark.slow) for end in ((signal.SIGINT, 130), (signal.SIGHUP, 143))),
]
"""The others take the way of the first."""


@pytest.mark.parametrize(("number", "code"), ENDS)
@pytest.mark.parametrize("held_at", ["/resolve/", "/commit/"])
def test_asked_to_end_it_deletes_what_it_made(
    hub: LoopbackHub, tmp_path: Path, held_at: str, number: signal.Signals, code: int
) -> None:
    token = ready_hub(hub)
    hub.fail(held_at, None, delay_seconds=30)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, held_at))
    assert len(left(hub)) == 1
    doctor.send_signal(number)
    out, err = doctor.communicate(timeout=120)
    assert doctor.returncode == code
    assert "Traceback" not in err
    assert "Removing test files …" in err
    assert left(hub) == []
    assert "the checks were ended early." in out  # and what was found is reported
    assert "ACCOUNT, with a token that may write" in out
    assert ADA not in out


def test_more_signals_while_it_cleans_up_change_nothing(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    hub.fail("/resolve/", None, delay_seconds=30)
    hub.fail("DELETE /api/repos/delete", None, delay_seconds=2)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, "/resolve/"))
    doctor.terminate()
    wait_until(lambda: asked(hub, "DELETE /api/repos/delete"))
    for number in (signal.SIGTERM, signal.SIGINT):
        doctor.send_signal(number)
    _, err = doctor.communicate(timeout=120)
    assert doctor.returncode == 143
    assert "Traceback" not in err
    assert left(hub) == []


def test_a_signal_while_the_last_check_deletes_ends_it_afterwards(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    hub.fail("DELETE /api/repos/delete", None, delay_seconds=2)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, "DELETE /api/repos/delete"))
    doctor.terminate()
    out, err = doctor.communicate(timeout=120)
    assert doctor.returncode == 143
    assert "Traceback" not in err
    assert "Read-back" in out
    assert left(hub) == []


def test_a_repository_that_comes_after_the_end_was_asked_for_goes_too(hub: LoopbackHub, tmp_path: Path) -> None:
    """The request to make it is under way when the doctor is asked to end, and is carried out a little later."""
    token = ready_hub(hub)
    hub.fail("POST /api/repos/create", None, delay_seconds=60)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, "POST /api/repos/create"))
    doctor.terminate()
    wait_until(lambda: asked(hub, "GET /api/datasets/"))  # it looks whether there is something to delete
    (note,) = tmp_path.rglob("doctor-*.json")
    hub.world.add_repo(f"{ADA}/fgt-{note.stem}", {}, "dataset", private=True)
    doctor.communicate(timeout=120)
    assert asked(hub, "DELETE /api/repos/delete")
    assert left(hub) == []


def test_what_cannot_be_removed_at_the_end_is_told_with_its_address(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    hub.fail("/resolve/", None, delay_seconds=30)
    hub.fail("DELETE /api/repos/delete", 500)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, "/resolve/"))
    doctor.terminate()
    _, err = doctor.communicate(timeout=60)
    (repo,) = left(hub)
    assert f"{hub.endpoint}/datasets/{repo}/settings could not be deleted" in err


def test_what_a_kill_left_the_next_one_removes(hub: LoopbackHub, tmp_path: Path) -> None:
    token = ready_hub(hub)
    hub.fail("/resolve/", None, times=1, delay_seconds=60)
    doctor = start(token, tmp_path, "--hub")
    wait_until(lambda: asked(hub, "/resolve/"))
    (repo,) = left(hub)
    before = checked(token)  # while the first one lives, its repository stays
    assert before["Earlier checks"].seen == "No files of earlier checks are left."
    assert left(hub) == [repo]
    doctor.kill()
    doctor.communicate()
    hub.faults.clear()
    found = checked(token)
    assert found["Earlier checks"].seen == f"Removed the files of a check that was ended early: {repo}."
    assert left(hub) == []
    assert list(tmp_path.rglob("doctor-*.json")) == []


def test_on_another_machine_age_alone_tells(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    old, young = f"{ADA}/fgt-doctor-{word(OLD)}", f"{ADA}/fgt-doctor-{word(YOUNG)}"
    for name in (old, young):
        hub.world.add_repo(name, {"doctor.txt": b"x"}, "dataset", private=True)
    found = checked(token)
    assert old in found["Earlier checks"].seen
    assert left(hub) == [young]  # its doctor may be at work elsewhere


def test_nothing_else_is_ever_removed(hub: LoopbackHub) -> None:
    token = ready_hub(hub)
    others = {
        f"{ADA}/fgt-doctor-{word(OLD)}x": {"doctor.txt": b"x"},
        f"{ADA}/fgt-doctor-notes": {"doctor.txt": b"x"},
        f"{ADA}/fgt-doctor-{int(time.time() - OLD):08x}-000001": {"doctor.txt": b"x", "mine.csv": b"x"},
        f"{ADA}/fgt-20260101-000000-aaaa-inputs": {"run.json": b"{}"},
    }
    for name, files in others.items():
        hub.world.add_repo(name, files, "dataset", private=True)
    public = f"{ADA}/fgt-doctor-{int(time.time() - OLD):08x}-000002"
    hub.world.add_repo(public, {"doctor.txt": b"x"}, "dataset")
    hub.world.add_repo(f"{ADA}/fgt-doctor-{word(OLD)}", {"doctor.txt": b"x"})  # a model
    eves = f"eve/fgt-doctor-{word(OLD)}"
    hub.world.add_repo(eves, {"doctor.txt": b"x"}, "dataset")
    before = set(hub.world.repos)
    found = checked(token)
    assert found["Earlier checks"].outcome is Outcome.PASSED
    assert set(hub.world.repos) == before


def test_a_note_is_held_as_long_as_its_doctor_lives() -> None:
    mine = notes.new_word()
    lock = notes.write_note(mine, "ada", "http://hub")
    assert lock is not None
    assert notes.is_held(mine)
    assert notes.dead("ada", "http://hub") == set()
    os.close(lock)
    assert notes.dead("ada", "http://hub") == {mine}
    assert notes.dead("eve", "http://hub") == notes.dead("ada", "http://other") == set()
    notes.remove_note(mine)
    assert notes.dead("ada", "http://hub") == set()
    assert abs(notes.started_at(mine) - time.time()) < 60
