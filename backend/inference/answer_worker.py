"""One process of `job_templates/answer.py` or `answer_checkpoint.py`, spoken to in lines of JSON.

A process of its own, because a broken file can crash the native runtime, and must not take the app with it.
"""

from __future__ import annotations

import contextlib
import json
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
LAST_WORDS = 400

_NOISE = re.compile(r"^===|^third_party/|ERROR: \[|^Stack trace|^@ +0x|^WARNING: Logging before")
"""What the native runtime prints around its reasons: places in its own source, and stacks of addresses."""

_GLOG_PREFIX = re.compile(r"^[IWEF]\d{4} \S+ +\d+ [\w.]+:\d+\] ")


class WorkerDied(Exception):
    """The worker ended, or did not answer in time; the message says which, and what it printed last."""


class Worker:
    """A worker process that opens one file and answers until its input is closed.

    The runtime keeps its compiled weights in a folder that goes away with the worker: as on a phone, that halves the
    memory it takes (at 270M parameters 0.5 instead of 1.1 GB), for 270 MB on the disk.
    """

    def __init__(self, name: str, process: subprocess.Popen[str], errors: Any, cache: Scratch) -> None:
        self._name = name
        self._process = process
        self._errors = errors
        self._cache = cache
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    @classmethod
    def of_file(cls, model: Path, tools: Path) -> Worker:
        """A worker that opens a `.litertlm` file; its first line says whether it could."""
        cache = Scratch("litert-cache-")
        flags = ("--model", model, "--tools", tools, "--cache-dir", cache.name)
        return cls._start("The LiteRT-LM runtime", ("answer.py", *flags), cache)

    @classmethod
    def of_weights(cls, run: Path, which: str) -> Worker:
        """A worker that loads a run's checkpoint or its base; its first line says whether it could."""
        nothing = Scratch("answer-")
        flags = ("--run", run, "--which", which)
        return cls._start("The model's process", ("answer_checkpoint.py", *flags), nothing)

    @classmethod
    def _start(cls, name: str, command: Sequence[str | Path], cache: Scratch) -> Worker:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process, and stop() closes it
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
        """Whether the process still runs."""
        return self._process.poll() is None

    def send(self, request: Mapping[str, Any]) -> None:
        """Write one request; raises WorkerDied."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request, ensure_ascii=False) + "\n")
            self._process.stdin.flush()
        except OSError as error:  # a broken pipe
            raise WorkerDied(self._how_it_ended()) from error

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next line, until `deadline` on the monotonic clock; raises WorkerDied."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise WorkerDied("The model did not answer in time, so it was stopped.") from None
        if line is None:
            raise WorkerDied(self._how_it_ended())
        reply: dict[str, Any] = json.loads(line)
        return reply

    def last_words(self) -> str:
        """The last line that the worker, or the native runtime in it, printed as an error."""
        self._errors.seek(0)
        printed = self._errors.read().decode("utf-8", "replace").splitlines()
        spoken = [line.strip().removeprefix("└ ") for line in printed if line.strip()]
        told = [_GLOG_PREFIX.sub("", line) for line in spoken if not _NOISE.search(line)]
        return told[-1][:LAST_WORDS] if told else ""

    def stop(self) -> None:
        """End the process: by closing its input, and by force where it does not end by itself."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it was gone already
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()
        self._cache.cleanup()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        words = self.last_words()
        printed = f" It printed last: {words}" if words else ""
        if code < 0:
            return f"{self._name} crashed ({signal.Signals(-code).name}).{printed}"
        return f"{self._name} ended with exit code {code}.{printed}"
