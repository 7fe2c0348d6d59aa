"""The loop-back Hub's jobs: real processes of the real scripts.

A job's volumes lie at the paths that it asks for (mounts), and it begins in `/`. `uv run SCRIPT` becomes this Python
running SCRIPT, as nothing can be installed here. It has the environment that the request gives, the secrets, where the
Hub is, and what the documentation names (hub-docs, jobs-configuration.md, "Built-in environment variables"): JOB_ID,
ACCELERATOR (the flavor's name, such as `t4-medium`, or `none` on a CPU), CPU_CORES and MEMORY (such as `8Gi`). Its
output is its log. A flavor with a GPU is a machine whose driver the image's torch cannot use: no job here finds CUDA.

It leaves out containers, images, installing, GPUs, memory limits, time between a stop and the kill (there is none: a
cancelled or timed out job gets no signal that it could act on), and waiting for a machine longer than `scheduling`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.hub.hardware import built_in
from tests.hub.mounts import Mount, mapped, placed

ENDED = ("COMPLETED", "CANCELED", "ERROR", "DELETED")
LABEL = re.compile(r"[A-Za-z0-9_-]{1,100}")


def now() -> str:
    """This moment as the Hub writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass
class Job:
    """One job and what it printed: (time, text) of each line."""

    id: str
    namespace: str
    spec: dict[str, Any]
    created: str
    stage: str = "SCHEDULING"
    message: str | None = None
    started: str | None = None
    finished: str | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    folder: Path | None = None
    mounts: list[Mount] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def ended(self) -> bool:
        return self.stage in ENDED

    def info(self) -> dict[str, Any]:
        """The job as the API shows it: secrets by name alone."""
        spec, owner = self.spec, {"id": self.namespace, "name": self.namespace, "type": "user"}
        shown = {key: spec.get(key) for key in ("dockerImage", "command", "arguments", "environment", "flavor")}
        return {
            "id": self.id,
            "createdAt": self.created,
            "startedAt": self.started,
            "finishedAt": self.finished,
            **shown,
            "secrets": dict.fromkeys(spec.get("secrets", {}), ""),
            "labels": spec.get("labels"),
            "volumes": spec.get("volumes"),
            "status": {"stage": self.stage, "message": self.message},
            "owner": owner,
            "initiator": {**owner},
        }

    def say(self, text: str) -> None:
        """A line of output."""
        with self.changed:
            self.lines.append((now(), text))
            self.changed.notify_all()

    def become(self, stage: str, message: str | None = None) -> None:
        """Go on to another stage; an end is the end."""
        with self.changed:
            if self.ended:
                return
            self.stage, self.message = stage, message
            if stage == "RUNNING":
                self.started = now()
            elif self.ended:
                self.finished = now()
            self.changed.notify_all()


class Jobs:
    """All jobs; `scheduling` is how many seconds each waits, `asked` the requests that made them.

    `timeout_message` is what is said of a time limit that was reached: the real words are not documented. A log that
    has nothing to say gives a sign of life every `keep_alive_seconds`. With `logs_stay_open` a log's connection stays
    open after the job's end (huggingface_hub, fetch_job_logs: "Infinite empty log stream can happen in case of build
    error").
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self.all: dict[str, Job] = {}
        self.reset()

    def reset(self) -> None:
        """End and forget every job."""
        for job in self.all.values():
            self.cancel(job)
            if job.folder:
                _remove(job.folder)
        self.all = {}
        self.asked: list[dict[str, Any]] = []
        self.scheduling = 0.0
        self.timeout_message: str | None = "Job timeout"
        self.keep_alive_seconds = 30.0
        self.logs_stay_open = False

    def of(self, namespace: str) -> list[Job]:
        """The namespace's jobs, newest first."""
        return [job for job in reversed(self.all.values()) if job.namespace == namespace]

    def start(self, namespace: str, spec: dict[str, Any], write: Callable[[dict[str, Any], Path], None]) -> Job:
        """Start a job; `write` puts a volume's files into a folder."""
        job = Job(secrets.token_hex(12), namespace, spec, now())
        self.asked.append(spec)
        job.folder = Path(tempfile.mkdtemp(prefix="hub-job-"))
        for volume in spec.get("volumes", []):
            writable = volume["type"] == "bucket" and not volume.get("readOnly")
            job.mounts.append(mount := Mount(job.folder / "volumes", volume["mountPath"], writable))
            place = mount.folder
            place.mkdir(parents=True, exist_ok=True)
            write(volume, place)
            for path in () if writable else (place, *place.rglob("*")):
                path.chmod(0o555 if path.is_dir() else 0o444)
        self.all[job.id] = job
        threading.Thread(target=self._run, args=(job, job.folder), name=f"job-{job.id}", daemon=True).start()
        return job

    def cancel(self, job: Job) -> None:
        """End a job at once."""
        job.become("CANCELED")
        _kill(job)

    def _run(self, job: Job, root: Path) -> None:
        with job.changed:
            if job.changed.wait_for(lambda: job.ended, self.scheduling):
                return
        job.become("RUNNING")
        job.say(f"===== Job started at {now()} =====")
        work, base = root / "tmp", root / "root"
        try:
            work.mkdir()
            base.mkdir()
            process = job.process = self._process(job, work, base)
        except FileNotFoundError:  # the folder went with a reset, or there is no such command
            job.become("ERROR", "The job could not be started.")
            return
        if job.ended:
            _kill(job)
        limit = threading.Timer(job.spec.get("timeoutSeconds", 1800), self.time_out, (job,))
        limit.start()
        assert process.stdout is not None
        with process.stdout as output:
            for line in output:
                job.say(line.decode(errors="replace").rstrip("\n"))
        code = process.wait()
        limit.cancel()
        job.become("COMPLETED" if code == 0 else "ERROR", None if code == 0 else f"Job failed with exit code: {code}")
        _remove(root)

    def _process(self, job: Job, work: Path, base: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            placed(_command(job.spec), job.mounts, base),
            cwd=work,
            env=self._environment(job, work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def time_out(self, job: Job) -> None:
        """End a job as its time limit does."""
        job.become("ERROR", self.timeout_message)
        _kill(job)

    def _environment(self, job: Job, work: Path) -> dict[str, str]:
        given = {"PATH": os.environ["PATH"], "TMPDIR": str(work), "HOME": str(work), "HF_ENDPOINT": self._endpoint}
        given |= {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_DISABLE_XET": "1"}
        given["CUDA_VISIBLE_DEVICES"] = ""  # a GPU of this machine's own is not the job's
        spec = {**job.spec.get("environment", {}), **job.spec.get("secrets", {})}
        asked = {name: mapped(str(value), job.mounts) for name, value in spec.items()}
        return {**given, **asked, "JOB_ID": job.id, **built_in(job.spec["flavor"])}


def _command(spec: dict[str, Any]) -> list[str]:
    command: list[str] = [*spec["command"], *spec.get("arguments", [])]
    if command[:2] == ["uv", "run"]:
        return [sys.executable, *command[2:]]
    return [sys.executable, *command[1:]] if command[0] in ("python", "python3") else command


def _kill(job: Job) -> None:
    if job.process is not None and job.process.poll() is None:
        try:
            os.killpg(job.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _remove(root: Path) -> None:
    """Remove a job's folder; its own thread and a reset may do so at the same time."""
    for folder, _, _ in os.walk(root):  # a folder that went meanwhile is passed over
        with suppress(FileNotFoundError):
            Path(folder).chmod(0o755)
    shutil.rmtree(root, ignore_errors=True)
