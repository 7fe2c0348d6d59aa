"""Trackio's dashboard on this machine: starts on the first request, and ends with the app."""

from __future__ import annotations

import atexit
import importlib.util
import os
import socket
import subprocess
import sys
from urllib.parse import urlencode

from backend.errors import InputError

HOST = "127.0.0.1"
SHOW = """
import os, sys, time, trackio
parent = int(sys.argv[2])
trackio.show(open_browser=False, block_thread=False, server_port=int(sys.argv[1]))
while os.getppid() == parent:
    time.sleep(1)
"""
"""The script ends when its parent process, the app, has ended."""


class Dashboard:
    """One server for all projects in the folder that jobs log to (TRACKIO_DIR); it answers only on this machine."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def possible(self) -> bool:
        """Whether Trackio is installed, and the browser can reach this machine by 127.0.0.1."""
        return importlib.util.find_spec("trackio") is not None and not os.environ.get("SPACE_ID")

    @property
    def starting(self) -> bool:
        """Whether the server was started and does not answer yet."""
        return self._alive and not self._answers

    def start(self) -> None:
        """Starts the server if it does not run. Raises InputError if Trackio is not installed."""
        if self._alive:
            return
        if not self.possible:
            raise InputError("Trackio is not installed here. Install requirements-local.txt.")
        self._port = _free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-c", SHOW, str(self._port), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        atexit.register(self.stop)

    def stop(self) -> None:
        """Ends the server."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def address(self, project: str) -> str | None:
        """Returns the address of a project's dashboard, None while the server does not answer."""
        if not (self._alive and self._answers):
            return None
        return f"http://{HOST}:{self._port}/?{urlencode({'project': project})}"

    @property
    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self._port), timeout=0.5):
                return True
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
