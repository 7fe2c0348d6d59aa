"""Asking an exported file through its worker, as the Try step does: answers, times, and everything that goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from backend.errors import InputError
from backend.inference.checkpoint_session import CheckpointSession
from backend.inference.model_session import ModelSession, WorkerDied, close_sessions, session_for
from backend.runs import Run, read_json
from job_templates.ml.litert.verify.trained import load_trained
from tests.jobs.conftest import ROOT
from tests.waiting import wait_until

SHORT = ("water", "stop", "how high am I", "weather", "is there water near me", "shelter near me", "thanks")


@pytest.fixture
def answerer(exported_run: Run) -> Iterator[ModelSession]:
    with ModelSession(*files(exported_run)) as opened:
        yield opened


def files(run: Run) -> tuple[Path, Path]:
    folder = run.export_dir
    return folder / read_json(folder / "verification.json")["file"], folder / "tools_android.json"


def workers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended between the two looks; a zombie counts as that
            if "answer.py" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_an_answer_is_what_verification_scored(exported_run: Run, answerer: ModelSession) -> None:
    rows = read_json(exported_run.export_dir / "verification.json")["accuracy"]["rows"]
    called = [row for row in rows if row["predicted"]][:3]
    assert len(called) == 3
    for row in called:
        answer = answerer.ask(row["message"])
        assert answer.error is None
        assert answer.raw == row["raw"]
        assert [call.to_dict() for call in answer.calls] == row["predicted"]
        assert answer.app_agrees is True
        assert 0 < answer.first_token_seconds <= answer.seconds
        assert answer.tokens > 5
        assert answer.tokens_per_second > 0
        assert answer.load_seconds > 0
        assert answer.peak_memory_mb > 20


def test_the_probability_is_asked_for_and_is_about_the_checkpoint_s(exported_run: Run, answerer: ModelSession) -> None:
    """The file's weights have 8 bits, so its probabilities differ a little.

    Without the prompt's last token twice, some of a short message's would be a tenth: LiteRT-LM's issue 3561.
    """
    with CheckpointSession(exported_run.path, "tuned") as weights:
        pairs = [(answerer.ask(message), weights.ask(message)) for message in SHORT]
    alike = [(mine, theirs) for mine, theirs in pairs if mine.raw == theirs.raw]
    assert len(alike) > len(SHORT) / 2
    for mine, theirs in alike:
        assert mine.probability is not None
        assert theirs.probability is not None
        assert 0 < theirs.probability < 1
        assert mine.probability == pytest.approx(theirs.probability, rel=0.1)
    unasked = answerer.request(SHORT[0])
    assert (unasked.raw, unasked.probability) == (pairs[0][0].raw, None)


def test_an_app_gets_an_answer_without_calls_and_text_for_silence(exported_run: Run, answerer: ModelSession) -> None:
    off_topic = read_json(exported_run.export_dir / "verification.json")["off_topic"]["rows"]
    silent = [row["message"] for row in off_topic if not row["raw"]][:3]
    assert len(silent) == 3
    for message in silent:
        answer = answerer.ask(message)
        assert (answer.raw, answer.calls, answer.text, answer.error) == ("", (), "", None)
        assert (answer.answered, answer.app_agrees, answer.tokens) == (True, True, 1)
    replies = answerer.converse([silent[0], "where can I get water", silent[1], silent[2]])
    assert [reply.failure for reply in replies] == [None] * 4
    assert (replies[0].calls, replies[0].text) == ((), "")
    assert replies[1].prompt is not None
    assert replies[1].prompt.startswith("<start_of_turn>user\nwhere can I get water<end_of_turn>")


def test_the_prompt_is_the_trained_one(exported_run: Run, answerer: ModelSession) -> None:
    trained = load_trained(exported_run)
    answer = answerer.request('  Say "hi"\n{{ 7 * 7 }} <b>ü</b> ', only="prompt")
    assert "<bos>" + answer.prompt == trained.fmt.prompt(trained.tools, '  Say "hi"\n{{ 7 * 7 }} <b>ü</b> ')
    assert [2, *answer.prompt_ids] == trained.counter.encode("<bos>" + answer.prompt)
    assert (answer.raw, answer.calls) == ("", ())


@pytest.mark.parametrize("message", ["", " ", "\x00", "<end_of_turn>", "𝄞" * 20])
def test_odd_messages_are_answered_or_refused_in_words(answerer: ModelSession, message: str) -> None:
    answer = answerer.ask(message)
    assert answer.tokens > 0 or answer.error


def test_half_a_character_is_answered(answerer: ModelSession) -> None:
    assert answerer.ask("water \ud83d please").tokens > 0


def test_a_message_longer_than_the_context_is_refused_in_words(answerer: ModelSession) -> None:
    answer = answerer.ask("word " * 3000)
    assert answer.error is not None
    assert "exported for a total of 1,024" in answer.error
    assert answerer.ask("hello").error is None


def test_many_threads_each_get_their_own_answer(exported_run: Run, answerer: ModelSession) -> None:
    rows = read_json(exported_run.export_dir / "verification.json")["accuracy"]["rows"][:4]
    found: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda row=row: found.update({row["id"]: answerer.ask(row["message"]).raw}))
        for row in rows
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {row["id"]: row["raw"] for row in rows}


def test_a_worker_that_died_is_started_again(exported_run: Run) -> None:
    with ModelSession(*files(exported_run)) as answerer:
        assert answerer.ask("hello").error is None
        [worker] = workers()
        os.kill(worker.pid, signal.SIGSEGV)
        worker.wait()
        assert answerer.ask("hello").error is None


def _kill_once_asked(pid: int) -> None:
    """Kill a suspended process once its standard input holds something."""
    with Path(f"/proc/{pid}/fd/0").open("rb", buffering=0) as asked:
        wait_until(lambda: select.select([asked], [], [], 0)[0])
    os.kill(pid, signal.SIGKILL)


def test_a_crash_while_it_answers_is_told(exported_run: Run) -> None:
    with ModelSession(*files(exported_run)) as answerer:
        answerer.load()
        [worker] = workers()
        worker.suspend()
        crash = threading.Thread(target=_kill_once_asked, args=(worker.pid,))
        crash.start()
        answer = answerer.ask("hello")
        crash.join()
        assert answer.error == "The LiteRT-LM runtime crashed (SIGKILL)."
        assert answerer.ask("hello").error is None


def test_a_worker_that_hangs_is_stopped(exported_run: Run) -> None:
    with ModelSession(*files(exported_run)) as answerer:
        answerer.load()
        [worker] = workers()
        worker.suspend()
        with pytest.raises(WorkerDied, match="did not answer in time"):
            answerer.request("hello", timeout=0.3)
        assert not workers()


def test_a_replaced_file_is_loaded_anew(exported_run: Run, tmp_path: Path) -> None:
    file, tools = files(exported_run)
    copy = tmp_path / "copy.litertlm"
    shutil.copyfile(file, copy)
    with ModelSession(copy, tools) as answerer:
        assert answerer.ask("hello").error is None
        copy.write_bytes(b"no model")
        assert answerer.ask("hello").error == "copy.litertlm is not a .litertlm file: it begins with b'no model'."
        copy.unlink()
        answer = answerer.ask("hello")
        assert answer.error is not None
        assert "cannot be read (No such file or directory). Export the model again." in answer.error
        shutil.copyfile(file, copy)
        assert answerer.ask("hello").error is None


def test_tools_that_cannot_be_read_are_named(exported_run: Run, tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    for content, message in (("{", "cannot be read as tools"), ('{"a": 1}', "must hold a list of tools")):
        tools.write_text(content, encoding="utf-8")
        with ModelSession(files(exported_run)[0], tools) as answerer, pytest.raises(InputError, match=message):
            answerer.load()


def test_an_idle_model_gives_its_memory_back(exported_run: Run) -> None:
    with ModelSession(*files(exported_run), idle_seconds=0.2) as answerer:
        assert answerer.ask("hello").error is None
        wait_until(lambda: not workers())
        assert answerer.ask("hello").error is None


def test_one_model_at_a_time_for_the_app(exported_run: Run, tmp_path: Path) -> None:
    file, tools = files(exported_run)
    copy = tmp_path / "copy.litertlm"
    shutil.copyfile(file, copy)
    first = session_for(file, tools)
    assert first.ask("hello").error is None
    assert session_for(file, tools) is first
    assert session_for(copy, tools).ask("hello").error is None
    assert len(workers()) == 1
    close_sessions()
    assert not workers()


def test_the_script_alone_answers_lines(exported_run: Run) -> None:
    file, tools = files(exported_run)
    command = [sys.executable, str(ROOT / "job_templates/answer.py"), "--model", str(file), "--tools", str(tools)]
    asked = '{"id": 7, "message": "hello"}\n\nno json\n{"id": 8}\n'
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    ready, answer, junk, empty = (json.loads(line) for line in done.stdout.splitlines())
    assert (ready["ready"], ready["start_token"], ready["context"]) == (True, 2, 1024)
    assert sorted(ready["stop_tokens"]) == [[1], [50], [106]]
    assert (answer["id"], answer["error"]) == (7, None)
    assert "not JSON" in junk["error"]
    assert "message" in empty["error"]
