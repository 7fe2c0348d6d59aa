"""The loop-back Hub's endpoints for Jobs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from tests.hub.accounts import NO_CREDIT
from tests.hub.faults import Cut
from tests.hub.hardware import FLAVORS, hardware
from tests.hub.jobs import LABEL, Job
from tests.hub.mounts import check_paths
from tests.hub.refusal import Refusal

if TYPE_CHECKING:
    from tests.hub.loopback import LoopbackHub, Route

POLL_SECONDS = 0.02


class JobRoutes:
    """Handlers over the hub's jobs.

    They leave out limits that no document names (the shortest and longest time limit, how many labels and secrets, how
    large), who may see whose jobs in an organisation, attempts, ports, ssh, networks, metrics and changing labels.

    A log's connection meets faults of its own, by the pattern "LOGS": status 206 ends the replay early and cleanly, as
    a stale one does; 0 cuts it. How many lines come before stands in the fault's headers as `lines`.
    """

    def __init__(self, hub: LoopbackHub) -> None:
        self._hub = hub

    def routes(self) -> list[Route]:
        """Every endpoint: method, path, handler."""
        return [
            ("GET", "/api/jobs/hardware", self._hardware),
            ("POST", "/api/jobs/{namespace}", self._start),
            ("GET", "/api/jobs/{namespace}", self._list),
            ("GET", "/api/jobs/{namespace}/{job_id}", self._inspect),
            ("GET", "/api/jobs/{namespace}/{job_id}/logs", self._logs),
            ("POST", "/api/jobs/{namespace}/{job_id}/cancel", self._cancel),
        ]

    async def _hardware(self, _request: Request) -> Response:
        return JSONResponse(hardware())

    async def _start(self, request: Request) -> Response:
        """Start a job of exactly the shape that the API takes."""
        namespace, spec = self._namespace(request), await request.json()
        self._check(spec)
        if namespace in self._hub.world.accounts.broke:
            raise Refusal(402, NO_CREDIT)
        authorization = request.headers.get("authorization")
        for volume in spec.get("volumes", []):
            if volume["type"] == "bucket":
                self._hub.world.may_write(volume["source"].partition("/")[0], authorization)
                continue
            self._hub.world.read(volume["type"], volume["source"], authorization)
        job = self._hub.jobs.start(namespace, spec, self._write)
        return JSONResponse(job.info())

    def _check(self, spec: dict[str, Any]) -> None:
        shapes = {
            "command": list,
            "arguments": list,
            "environment": dict,
            "secrets": dict,
            "flavor": str,
            "timeoutSeconds": int,
            "labels": dict,
            "volumes": list,
            "dockerImage": str,
        }
        for key, value in spec.items():
            if key not in shapes or not isinstance(value, shapes[key]):
                raise Refusal(400, f"{key}: not expected here as {type(value).__name__}")
        for key in ("command", "arguments", "environment", "flavor", "dockerImage"):
            if key not in spec:
                raise Refusal(400, f"{key}: required")
        if spec["flavor"] not in [row[0] for row in FLAVORS]:
            raise Refusal(400, f"flavor: {spec['flavor']!r} is unknown")
        if spec.get("timeoutSeconds", 1) < 1:
            raise Refusal(400, "timeoutSeconds: must be at least 1")
        for part in ("environment", "secrets"):
            if not all(isinstance(value, str) for value in spec.get(part, {}).values()):
                raise Refusal(400, f"{part}: expected texts")
        for text in (*spec.get("labels", {}), *spec.get("labels", {}).values()):
            if not LABEL.fullmatch(text):
                raise Refusal(400, f"labels: {text!r} is not allowed")
        check_paths(spec.get("volumes", []))

    def _write(self, volume: dict[str, Any], place: Path) -> None:
        """Write a repository's files at the revision, or a bucket's folder, into a folder."""
        if volume["type"] == "bucket":
            self._hub.buckets.write(volume, place)
            return
        _, files = self._hub.world.repos[volume["type"], volume["source"]].at(volume.get("revision", "main"))
        for name, file in files.items():
            path = place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)

    async def _list(self, request: Request) -> Response:
        namespace = self._namespace(request)
        wanted = [label.partition("=") for label in request.query_params.getlist("label")]
        stages = request.query_params.getlist("stage")
        jobs = [
            job.info()
            for job in self._hub.jobs.of(namespace)
            if all((job.spec.get("labels") or {}).get(key) == value for key, _, value in wanted)
            and (not stages or job.stage in stages)
        ]
        return self._hub.paged(request, jobs)

    async def _inspect(self, request: Request) -> Response:
        return JSONResponse(self._job(request).info())

    async def _cancel(self, request: Request) -> Response:
        job = self._job(request)
        self._hub.jobs.cancel(job)
        return JSONResponse(job.info())

    async def _logs(self, request: Request) -> Response:
        job = self._job(request)
        fault = await self._hub.faults.meet(f"LOGS {request.url.path}")
        lines = int(fault.headers.get("lines", "0")) if fault else None
        tail = int(request.query_params.get("tail", "0"))
        stream = self._replay(job, lines, tail, cut=fault is not None and fault.status == 0)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _replay(self, job: Job, only: int | None, tail: int, *, cut: bool) -> AsyncIterator[bytes]:
        """Every line from the first, or from the last `tail`, then as they come, until the job's end."""
        sent, said = max(len(job.lines) - tail, 0) if tail else 0, time.monotonic()
        while True:
            ended = job.ended and (job.process is None or job.process.poll() is not None)
            while sent < len(job.lines) and (only is None or sent < only):
                timestamp, text = job.lines[sent]
                yield f"data: {json.dumps({'data': text, 'timestamp': timestamp})}\n\n".encode()
                sent, said = sent + 1, time.monotonic()
            if only is not None and sent >= min(only, len(job.lines)):
                if cut:
                    raise Cut
                return
            if ended and sent >= len(job.lines) and not self._hub.jobs.logs_stay_open:
                return
            await asyncio.sleep(POLL_SECONDS)
            if time.monotonic() - said >= self._hub.jobs.keep_alive_seconds:
                yield b": keep-alive\n\n"
                said = time.monotonic()

    def _namespace(self, request: Request) -> str:
        namespace = str(request.path_params["namespace"])
        self._hub.world.accounts.may_run_jobs(namespace, request.headers.get("authorization"))
        return namespace

    def _job(self, request: Request) -> Job:
        namespace = self._namespace(request)
        job = self._hub.jobs.all.get(request.path_params["job_id"])
        if job is None or job.namespace != namespace:
            raise Refusal(404, "Job not found")
        return job
