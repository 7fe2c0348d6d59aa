"""Processes that measure, one task at a time: what breaks or hangs in one does not end the others."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

END = "end"
GRACE = 5.0
"""Seconds that a process has, after its time, to say what it has found."""


class Worker:
    """A process of the script with --worker: reads a task a line, answers with lines, the last of which says "end"."""

    def __init__(self, command: Sequence[str], log: Path, gpu: str) -> None:
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": gpu}
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True
            )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    @property
    def alive(self) -> bool:
        """Whether it takes another task."""
        return self._process.poll() is None

    def ready(self, until: float) -> bool:
        """Whether it has started before `until` (time.monotonic)."""
        return self._line(until) is not None

    def ask(self, task: dict[str, Any], until: float, grace: float = GRACE) -> Iterator[dict[str, Any]]:
        """The answers to a task; a process that is not done `grace` seconds after `until` (time.monotonic) is ended."""
        if not self._send({**task, "seconds": until - time.monotonic()}):
            return
        while (line := self._line(until + grace)) is not None:
            answer: dict[str, Any] = json.loads(line)
            if answer == {END: True}:
                return
            yield answer
        self.stop()

    def last_words(self, most: int = 2000) -> str:
        """The end of what it wrote to its log."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-most:].strip()

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def _send(self, task: dict[str, Any]) -> bool:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
            self._process.stdin.flush()
        except OSError:  # it has ended
            return False
        return True

    def _line(self, until: float) -> str | None:
        try:
            return self._lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None


def own_output() -> IO[str]:
    """Standard output for answers alone: whatever else is printed in this process goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stdout.flush()
    os.dup2(2, 1)
    return answers
