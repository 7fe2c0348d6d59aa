import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app import parser
from tests.ports import number_of, reserved_port
from ui.frame.serving import address, listen

ROOT = Path(__file__).resolve().parents[2]


def test_a_space_says_where_to_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "7861")
    found = parser().parse_args([])
    assert (found.host, found.port) == ("0.0.0.0", 7861)
    found = parser().parse_args(["--host", "::1", "--port", "80"])
    assert (found.host, found.port) == ("::1", 80)


def test_without_a_word_it_listens_to_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    monkeypatch.delenv("GRADIO_SERVER_PORT", raising=False)
    found = parser().parse_args([])
    assert (found.host, found.port) == ("127.0.0.1", 7860)


def test_the_address_is_one_that_a_browser_opens() -> None:
    assert address("127.0.0.1", 7860) == "http://127.0.0.1:7860"
    assert address("0.0.0.0", 80) == "http://localhost:80"
    assert address("::1", 80) == "http://[::1]:80"
    assert address("::", 80) == "http://localhost:80"


def test_a_port_that_is_taken_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), "--port", str(port)],
            env={**os.environ, "FGT_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"error: cannot listen at http://127.0.0.1:{port}: Address already in use.\nTry another --port or --host.\n"
    )
    assert not (tmp_path / "home").exists()


def test_an_address_that_cannot_be_is_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"cannot listen at http://192\.0\.2\.1:7860: Cannot assign"):
        listen("192.0.2.1", 7860)
    with pytest.raises(SystemExit, match=r"cannot listen at http://no\.such\.host\.invalid:7860"):
        listen("no.such.host.invalid", 7860)
    for port in ("70000", "0", "8o", "-1"):
        with pytest.raises(SystemExit):
            parser().parse_args([f"--port={port}"])
        assert f"{port!r} is not a number from 1 to 65535" in capsys.readouterr().err


def test_what_kills_left_is_gone_when_the_app_is_up(tmp_path: Path) -> None:
    left = [tmp_path / "home" / name for name in (".trash-0123456789ab", ".uploads/.trash-0123456789ab")]
    for folder in left:
        (folder / "removed").mkdir(parents=True)
    kept_port = reserved_port()
    app = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", str(number_of(kept_port))],
        env={**os.environ, "FGT_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert app.stdout is not None
        assert app.stdout.readline().startswith("FunctionGemma Trainer is at ")
        assert [folder for folder in left if folder.exists()] == []
    finally:
        app.kill()
        app.communicate()
        kept_port.close()
