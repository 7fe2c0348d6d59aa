from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import InputError
from backend.runs import append_event, read_events
from backend.runs.events import READ_LIMIT

ROOT = Path(__file__).resolve().parents[3]
STEP: dict[str, Any] = {"event": "step", "stage": "train", "step": 1, "loss": 0.5}

WRITER = """
import sys
from pathlib import Path
from backend.runs import append_event
for number in range(200):
    append_event(Path(sys.argv[1]), {"event": "step", "stage": sys.argv[2], "step": number, "text": "x" * 5000})
"""

LIMITED_WRITER = """
import resource, signal, sys
from pathlib import Path
from backend.errors import InputError
from backend.runs import append_event, write_json
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
metrics, record = Path(sys.argv[1]), Path(sys.argv[2])
try:
    while True:
        append_event(metrics, {"event": "step", "stage": "train", "text": "x" * 300})
except InputError as error:
    print(error)
try:
    write_json(record, {"text": "x" * 2000})
except InputError as error:
    print(error)
"""


def test_events_come_back_with_their_time(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_event(path, STEP)
    append_event(path, {"event": "eval", "stage": "train", "time": 12.5, "loss": float("nan")})
    events, offset = read_events(path)
    assert events[0].items() >= STEP.items()
    assert events[0]["time"] > 1.7e9
    assert events[1] == {"event": "eval", "stage": "train", "time": 12.5, "loss": None}
    assert offset == path.stat().st_size
    assert read_events(path, offset) == ([], offset)
    append_event(path, STEP)
    assert len(read_events(path, offset)[0]) == 1


def test_half_written_and_junk_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_event(path, STEP)
    with path.open("ab") as file:
        file.write(b'\xff\xfe junk\n[1]\n"text"\n{"event": 3}\n' + b"[" * 100_000 + b'\n{"event": "step", "sta')
    events, offset = read_events(path)
    assert len(events) == 1
    append_event(path, STEP)
    later, _ = read_events(path, offset)
    assert [event["event"] for event in later] == ["step"]


def test_a_file_begun_anew_is_read_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    append_event(path, STEP)
    events, _ = read_events(path, 10_000)
    assert len(events) == 1
    assert read_events(tmp_path / "none.jsonl", 5) == ([], 0)


def test_one_endless_line_is_stepped_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"x" * (READ_LIMIT + 10) + b"\n" + json.dumps(STEP).encode() + b"\n")
    first, offset = read_events(path)
    assert first == []
    assert [event["step"] for event in read_events(path, offset)[0]] == [1]


def test_an_event_without_stage_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'stage'"):
        append_event(tmp_path / "metrics.jsonl", {"event": "step"})


def test_two_processes_append_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), stage], cwd=ROOT) for stage in ("train", "export")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    events, _ = read_events(path)
    for stage in ("train", "export"):
        assert [event["step"] for event in events if event["stage"] == stage] == list(range(200))


def test_a_full_disk_is_said_in_plain_words() -> None:
    with pytest.raises(InputError, match=r"/dev/full: the disk is full\. Free some space"):
        append_event(Path("/dev/full"), STEP)


def test_what_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    metrics, record = tmp_path / "metrics.jsonl", tmp_path / "run.json"
    record.write_text('{"old": 1}')
    done = subprocess.run(
        [sys.executable, "-c", LIMITED_WRITER, str(metrics), str(record)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("the disk is full") == 2
    assert len(read_events(metrics)[0]) == 2
    assert metrics.read_bytes().endswith(b"}\n")
    assert record.read_text() == '{"old": 1}'
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.jsonl", "run.json"]


@given(st.binary(max_size=300), st.integers(-5, 400))
def test_any_bytes_can_be_read(tmp_path_factory: pytest.TempPathFactory, raw: bytes, offset: int) -> None:
    path = tmp_path_factory.mktemp("events") / "metrics.jsonl"
    path.write_bytes(raw)
    events, after = read_events(path, offset)
    assert 0 <= after <= len(raw)
    assert all(isinstance(event["stage"], str) for event in events)
