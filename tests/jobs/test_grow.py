"""grow.py as people run it: with a teacher on this machine, with one on Hugging Face's router, and by hand."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.data import CheckOptions, load_dataset
from backend.scoring import Evaluation
from tests.conftest import ROOT
from tests.unit.data.builders import quoted, write_files
from tests.unit.growing.chat_server import MODEL, ChatServer, Fault, Handler
from tests.unit.growing.sets import HELD_OUT, LIGHT, MUSIC, SEEDS
from tests.waiting import wait_until

SCRIPT = ROOT / "job_templates" / "grow.py"
KEY = "sk-teacher-77aa01ce55"
HUB_KEY = "hf_" + "a" * 34


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    server = ChatServer((KEY, HUB_KEY))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def inputs(tmp_path: Path) -> list[str]:
    """The flags of the small set, with its split column."""
    header = quoted("user_message", "tool_calls", "split")
    rows = [*(quoted(*row, "train") for row in SEEDS), *(quoted(*row, "test") for row in HELD_OUT)]
    dataset, tools = write_files(tmp_path, "\n".join([header, *rows]) + "\n", [LIGHT, MUSIC])
    return ["--dataset", str(dataset), "--tools", str(tools), "--output", str(tmp_path / "grown"), "--rows", "20"]


def grow(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "TEACHER_KEY": KEY, **environment},
        timeout=300,
        check=False,
    )


def test_a_set_is_grown_resumed_and_can_be_trained_on(chat: ChatServer, inputs: list[str], tmp_path: Path) -> None:
    teacher = ["--teacher", chat.address, "--model", MODEL]
    chat.faults = [Fault(), Fault(), Fault(), Fault(status=401, message="the key has expired")]
    first = grow(*inputs, *teacher)
    assert first.returncode == 1
    assert "the key has expired" in first.stderr
    assert "20 of 40 kept" in first.stdout
    assert grow(*inputs, *teacher).stderr == (
        f"error: {tmp_path / 'grown'} holds rows that were grown before. Continue with --resume, or name another.\n"
    )
    other = grow(*inputs, "--teacher", chat.address, "--model", "another", "--resume")
    assert (other.returncode, f"was grown by {MODEL}" in other.stderr) == (1, True)
    second = grow(*inputs, *teacher, "--resume")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout.splitlines()[-2:] == [
        "40 rows asked, 40 of 40 kept, 0 refused",
        f"Wrote {tmp_path / 'grown' / 'rows.csv'}",
    ]
    _, rows = load_dataset(tmp_path / "grown/rows.csv", tmp_path / "tools.json", CheckOptions())
    assert sum(row.is_grown for row in rows) == 40
    assert {row.split for row in rows if row.is_grown} == {"train"}
    everything = first.stdout + first.stderr + second.stdout
    sent = "\n".join(one.text for one in chat.asked)
    written = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "grown").rglob("*.json"))
    assert KEY not in everything + written
    assert "cellar" not in sent
    assert SEEDS[0][0] not in everything


def test_the_router_of_hugging_face_with_a_price_and_a_ceiling(chat: ChatServer, inputs: list[str]) -> None:
    chat.pricing = [{"provider": "a", "status": "live", "pricing": {"input": 1000.0, "output": 1000.0}}]
    flags = ["--teacher", f"hf:{MODEL}", "--most-cost", "0.5"]
    known = {"HF_INFERENCE_ROUTER": chat.address, "HF_TOKEN": HUB_KEY}
    dear = grow(*inputs, *flags, **known)
    assert dear.returncode == 1
    assert "more than --most-cost 0.5" in dear.stderr
    assert chat.chats == []
    chat.pricing[0]["pricing"] = {"input": 0.1, "output": 0.1}
    cheap = grow(*inputs, *flags, "--resume", **known)
    assert cheap.returncode == 0
    assert "for about 0.00 US dollars" in cheap.stdout
    assert {one.headers["Authorization"] for one in chat.chats} == {f"Bearer {HUB_KEY}"}


@pytest.mark.slow  # unit/growing holds the gate
def test_the_paste_way(chat: ChatServer, inputs: list[str], tmp_path: Path) -> None:
    """A person carries the texts; the chat server's model plays the chat."""
    answer, labels = tmp_path / "answer.txt", tmp_path / "labels.txt"
    for _ in range(2):
        prompt = grow(*inputs, "--prompt-only").stdout
        answer.write_text(f"Gladly!\n```json\n{chat.written(prompt)}\n```", encoding="utf-8")
        labelling = grow(*inputs, "--prompt-only", "--answer", str(answer)).stdout
        labels.write_text(chat.written(labelling), encoding="utf-8")
        done = grow(*inputs, "--answer", str(answer), "--labels", str(labels))
        assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-2] == "40 rows asked, 40 of 40 kept, 0 refused"
    end = grow(*inputs, "--prompt-only")
    assert (end.returncode, "no request left" in end.stderr) == (1, True)
    assert chat.asked == []


def test_the_plan_is_printed_changed_and_used(chat: ChatServer, inputs: list[str], tmp_path: Path) -> None:
    printed = grow(*inputs, "--plan")
    plan = json.loads(printed.stdout)
    assert plan["tools"]["play_music"]["rows"] == 20
    assert "play_music: 20 rows to write, 4 there" in printed.stderr
    plan["tools"] = {"play_music": {**plan["tools"]["play_music"], "rows": 3}}
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    done = grow(*inputs, "--use-plan", str(tmp_path / "plan.json"), "--teacher", chat.address, "--model", MODEL)
    assert "3 rows asked, 3 of 3 kept, 0 refused" in done.stdout
    (tmp_path / "plan.json").write_text("{}", encoding="utf-8")
    wrong = grow(*inputs, "--use-plan", str(tmp_path / "plan.json"), "--prompt-only")
    assert (wrong.returncode, "plan.json is damaged" in wrong.stderr) == (1, True)


def test_the_teachers_own_score_is_an_evaluation(chat: ChatServer, inputs: list[str], tmp_path: Path) -> None:
    chat.known = {HELD_OUT[0][0]: [{"name": "set_light", "arguments": {"room": "hall"}}]}
    done = grow(*inputs, "--score-teacher", "--teacher", chat.address, "--model", MODEL)
    assert done.returncode == 0
    assert "2 held-out messages are sent to" in done.stdout
    evaluation = Evaluation.read(tmp_path / "grown/teacher-evaluation.json")
    assert (evaluation.tuned.combined.k, evaluation.tuned.combined.n) == (1, 2)
    assert len(chat.chats) == 1


@pytest.mark.slow  # the test of a resumed growth holds what is kept
def test_a_killed_growth_keeps_what_it_had(chat: ChatServer, inputs: list[str], tmp_path: Path) -> None:
    held = threading.Event()

    def wait(handler: Handler, _text: str) -> None:
        handler.begin()
        held.set()
        wait_until(lambda: process.poll() is not None)

    chat.faults = [Fault(), Fault(), Fault(send=wait)]
    flags = [*inputs, "--teacher", chat.address, "--model", MODEL]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TEACHER_KEY": KEY},
    )
    wait_until(held.is_set)
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "Stopped" in errors
    assert "20 of 40 kept" in output
    assert (tmp_path / "grown/rows.csv").is_file()
    assert "40 of 40 kept" in grow(*flags, "--resume").stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "name a --teacher, or use --prompt-only and --answer"),
        (["--teacher", "hf:x", "--prompt-only"], "name a --teacher, or use --prompt-only and --answer"),
        (["--prompt-only", "--labels", "x"], "--labels needs the --answer"),
        (["--teacher", "hf:x", "--rows", "0"], "0 is not a positive number"),
    ],
)
def test_wrong_usage(inputs: list[str], flags: list[str], message: str) -> None:
    done = grow(*inputs, *flags)
    assert (done.returncode, message in done.stderr) == (2, True)


def test_a_folder_that_cannot_be_made(inputs: list[str], tmp_path: Path) -> None:
    (tmp_path / "grown").write_text("a file", encoding="utf-8")
    done = grow(*inputs, "--prompt-only")
    assert (done.returncode, "Could not write" in done.stderr) == (1, True), done.stderr


def test_what_the_user_can_correct(inputs: list[str], tmp_path: Path) -> None:
    for flags, message in (
        (["--teacher", "http://127.0.0.1:1/v1"], "Give --model NAME"),
        (["--teacher", "ftp://x", "--model", "m"], "is not an http or https address"),
        (["--answer", str(tmp_path / "no.txt")], "nothing to resume"),
        (["--prompt-only", "--test-split", "2"], "test split: 2.0 is not allowed"),
    ):
        done = grow(*inputs, *flags)
        assert (done.returncode, message in done.stderr) == (1, True), done.stderr
