"""Work in a process of its own: its answer, its progress, its errors, and how it is stopped."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace

import pytest

from backend.data import CheckOptions
from backend.errors import InputError
from tests.conftest import ROOT
from ui.work import Data, ReportProgress, Stopped, check, run_apart

DATA = Data(ROOT / "examples" / "hiking.csv", ROOT / "examples" / "tools.json", CheckOptions())


def work_for_ever(report: ReportProgress) -> None:
    """Work that does not look whether it is still wanted."""
    report(0.0, str(os.getpid()))
    while True:
        signal.pause()


def die(code: int, _report: ReportProgress) -> None:
    """Work that takes its process with it."""
    os._exit(code)


def test_a_check_apart_says_what_the_check_here_says() -> None:
    here: list[str] = []
    apart: list[str] = []
    expected = check(DATA, lambda _, doing: here.append(doing))
    assert run_apart(check, (DATA,), lambda _, doing: apart.append(doing), threading.Event()) == expected
    assert apart == here != []


def test_an_error_comes_back_in_its_words() -> None:
    data = replace(DATA, options=CheckOptions(prompt_format="yaml"))
    with pytest.raises(InputError, match="yaml") as here:
        check(data, lambda *_: None)
    with pytest.raises(InputError) as apart:
        run_apart(check, (data,), lambda *_: None, threading.Event())
    assert str(apart.value) == str(here.value)


def test_a_stop_ends_the_process() -> None:
    stop, began = threading.Event(), []

    def stop_it(_done: float, pid: str) -> None:
        began.append(int(pid))
        stop.set()

    with pytest.raises(Stopped):
        run_apart(work_for_ever, (), stop_it, stop)
    with pytest.raises(ProcessLookupError):
        os.kill(began[0], 0)


def test_a_process_that_dies_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="ended without a result"):
        run_apart(die, (3,), lambda *_: None, threading.Event())
