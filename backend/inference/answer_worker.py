"""Runs `job_templates/answer.py` or `answer_checkpoint.py` in a process; requests and replies are lines of JSON.

The process is separate, because a damaged file can crash the native runtime.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backend.runs import Scratch

SCRIPTS = Path(__file__).resolve().parents[2] / "job_templates"
STOP_SECONDS = 2.0
MAX_ERROR = 400

_NOISE = re.compile(r"^===|^third_party/|ERROR: \[|^Stack trace|^@ +0x|^WARNING: Logging before")
"""Lines of the native runtime that are not error messages: source locations and stack traces."""

_GLOG_ERROR = re.compile(r"^[EF]\d{4} \S+ +\d+ [\w.]+:\d+\] (.+)$", re.MULTILINE)
_GLOG_PREFIX = re.compile(r"^[IWEF]\d{4} \S+ +\d+ [\w.]+:\d+\] ")


class WorkerDied(Exception):
    """The worker ended or did not answer in time; the message contains the reason and its last error line."""


class Worker:
    """A worker process that opens one model and answers until its input is closed.

    The runtime stores its compiled weights in a folder that is deleted with the worker. As on a phone, that halves its
    memory (0.5 instead of 1.1 GB at 270M parameters) and needs 270 MB on the disk.
    """

    def __init__(self, name: str, process: subprocess.Popen[str], errors: Any, cache: Scratch) -> None:
        self._name = name
        self._process = process
        self._errors = errors
        self._cache = cache
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read_output, daemon=True).start()

    @classmethod
    def of_file(cls, model: Path, tools: Path) -> Worker:
        """Starts a worker that opens a `.litertlm` file; its first line reports success or the error."""
        cache = Scratch("litert-cache-")
        flags = ("--model", model, "--tools", tools, "--cache-dir", cache.name)
        return cls._start("The LiteRT-LM runtime", ("answer.py", *flags), cache)

    @classmethod
    def of_weights(cls, run: Path, which: str) -> Worker:
        """Starts a worker that loads a run's checkpoint or its base; its first line reports success or the error."""
        unused = Scratch("answer-")
        flags = ("--run", run, "--which", which)
        return cls._start("The model's process", ("answer_checkpoint.py", *flags), unused)

    @classmethod
    def _start(cls, name: str, command: Sequence[str | Path], cache: Scratch) -> Worker:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - stop() closes it
        process = subprocess.Popen(
            [sys.executable, SCRIPTS / command[0], *command[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="utf-8",
        )
        return cls(name, process, errors, cache)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def send(self, request: Mapping[str, Any]) -> None:
        """Writes one request. Raises WorkerDied if the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_whole(json.dumps(request, ensure_ascii=False)) + "\n")
            self._process.stdin.flush()
        except OSError as error:  # a broken pipe
            raise WorkerDied(self._end_message()) from error

    def receive(self, deadline: float) -> dict[str, Any]:
        """Returns the next reply. Raises WorkerDied after `deadline` (monotonic clock), or if the process has ended."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise WorkerDied("The model did not answer in time, so it was stopped.") from None
        if line is None:
            raise WorkerDied(self._end_message())
        reply: dict[str, Any] = json.loads(line)
        return reply

    def last_error(self) -> str:
        """Returns the last error line of the worker or its native runtime, empty if there is none."""
        self._errors.seek(0)
        printed = self._errors.read().decode("utf-8", "replace").splitlines()
        lines = [line.strip().removeprefix("└ ") for line in printed if line.strip()]
        relevant = [_GLOG_PREFIX.sub("", line) for line in lines if not _NOISE.search(line)]
        return relevant[-1][:MAX_ERROR] if relevant else ""

    def printed_bytes(self) -> int:
        """Returns the number of bytes that the worker has printed as errors so far."""
        return os.fstat(self._errors.fileno()).st_size

    def first_error(self, since: int) -> str:
        """Returns the first error that the native runtime logged after `since` bytes, empty if there is none.

        The later errors follow from the first.
        """
        self._errors.seek(since)
        logged = _GLOG_ERROR.search(self._errors.read().decode("utf-8", "replace"))
        return logged[1].strip()[:MAX_ERROR] if logged else ""

    def stop(self) -> None:
        """Ends the process: closes its input, and kills it if it has not ended after STOP_SECONDS."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # the process has already ended
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        self._cache.cleanup()

    def _read_output(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def _end_message(self) -> str:
        code = self._process.wait()
        error = self.last_error()
        printed = f" Its last error line: {error}" if error else ""
        if code < 0:
            return f"{self._name} crashed ({signal.Signals(-code).name}).{printed}"
        return f"{self._name} ended with exit code {code}.{printed}"


def _whole(text: str) -> str:
    """Returns the text with U+FFFD for each half of a character, which no encoding can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
