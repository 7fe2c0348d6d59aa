from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.jobs.logs import READ_LIMIT, WRITE_LIMIT, LogWriter, clean, read_log

TOKEN = "hf_" + "AbCd1234" * 4 + "xy"
OAUTH = "hf_oauth_eyJhbGciOiJFZERTQSJ9.eyJzY29wZSI6Wy.Jzdfwi-_x9"


@pytest.mark.parametrize("token", [TOKEN, TOKEN.lower(), "hf_" + "a" * 34, "hf_jwt_" + "eyJ0" * 12, OAUTH])
def test_tokens_are_hidden_wherever_they_stand(token: str) -> None:
    assert clean(f"Bearer {token}, https://me:{token}@hub and HF_TOKEN={token}.") == (
        "Bearer hf_…, https://hub and HF_TOKEN=hf_…."
    )


def test_names_that_only_look_like_tokens_stay() -> None:
    text = "File hf_api.py, in hf_hub_download_to_folder: hf_argument_parser"
    assert clean(text) == text


def test_given_secrets_are_hidden() -> None:
    assert clean("password=correct horse", ["correct horse"]) == "password=…"


def test_terminal_codes_go_and_a_progress_bar_shows_its_last_state() -> None:
    raw = "\x1b[1;32mgreen\x1b[0m\tä\x00\x07\n\x1b]8;;http://x\x07link\x1b]8;;\x07\r\n 10%\r 50%\r100%\n"
    assert clean(raw) == "green\tä\nlink\n100%\n"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_lines_are_written_whole_and_read_on(tmp_path: Path) -> None:
    path = tmp_path / "logs/train.log"
    writer = LogWriter(path)
    writer.feed("fürst\nsec".encode())
    assert read_log(path) == ("fürst\n", 7)
    writer.feed(b"ond\n")
    assert read_log(path, 7) == ("second\n", 14)
    writer.feed(b"no newline")
    writer.close()
    assert read_log(path, 14) == ("no newline\n", 25)
    assert read_log(path, 25) == ("", 25)
    assert read_log(path, 26) == ("fürst\nsecond\nno newline\n", 25)
    assert writer.last_lines == ["fürst", "second", "no newline"]
    assert read_log(tmp_path / "none.log", 3) == ("", 0)


def test_a_long_log_is_read_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_bytes(b"".join(b"line %06d\n" % number for number in range(100_000)))
    text, offset = read_log(path)
    assert text.startswith("… earlier lines are left out\nline ")
    assert text.endswith("line 099999\n")
    assert len(text) < READ_LIMIT + 100
    assert offset == path.stat().st_size


def test_an_endless_log_is_bounded_and_keeps_its_end(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    writer = LogWriter(path)
    for number in range(WRITE_LIMIT // 4000 + 500):
        writer.feed(b"%d " % number + b"x" * 5000 + b"\n")
    writer.feed(b"error: the end\n")
    writer.close()
    assert path.stat().st_size < WRITE_LIMIT * 1.1
    text, _ = read_log(path)
    assert text.endswith("error: the end\n")
    assert b"lines are left out: the log reached its limit" in path.read_bytes()


def test_a_full_disk_loses_lines_and_not_the_job() -> None:
    writer = LogWriter(Path("/dev/full"))
    writer.feed(b"lost\n")
    writer.close()
    assert writer.last_lines == ["lost"]
