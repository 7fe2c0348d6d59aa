"""Faults on demand: what the loop-back Hub answers instead, how long it takes, and connections that it cuts."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

PAUSE_SECONDS = 0.01


@dataclass
class Fault:
    """An answer to give instead: to the next `times` requests whose "METHOD /path" the pattern is found in.

    The first `after` of them pass. Status 0 cuts the connection in the middle of an answer; None answers as always,
    after the delay and once `until` is set. With `done` the request is carried out first, and its answer waits instead,
    or is lost if there is a status.
    """

    pattern: str
    status: int | None
    headers: dict[str, str] = field(default_factory=dict)
    message: str = ""
    times: int = 1_000
    after: int = 0
    delay_seconds: float = 0
    done: bool = False
    until: threading.Event | None = None

    @property
    def held(self) -> bool:
        """Whether the answer waits for more than its delay."""
        return self.until is not None and not self.until.is_set()


class Cut(Exception):
    """Ends a response in its middle, and the connection with it."""


class Faults:
    """The faults that were ordered, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def order(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        """Forget them; what is delayed goes on at once."""
        self._faults.clear()

    async def meet(self, asked: str) -> Fault | None:
        """The fault that a request meets, after its delay unless it is carried out first; None where there is none."""
        for fault in self._faults:
            if fault.times > 0 and re.search(fault.pattern, asked):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if not fault.done:
                    await self.delay(fault)
                return fault
        return None

    async def delay(self, fault: Fault) -> None:
        """Wait as the fault asks; the end of its time, of `until` or of the fault ends the waiting."""
        ends = time.monotonic() + fault.delay_seconds
        while any(one is fault for one in self._faults) and (time.monotonic() < ends or fault.held):
            await asyncio.sleep(PAUSE_SECONDS)


def answer(fault: Fault, code: str | None) -> Response:
    """What a fault makes of a request, with the error code that goes with it."""
    if fault.status == 0:
        return StreamingResponse(_broken(), headers={"Content-Length": "1000"}, media_type="application/json")
    headers = {
        **({"X-Error-Message": fault.message} if fault.message else {}),
        **({"X-Error-Code": code} if code else {}),
    }
    return JSONResponse({"error": fault.message}, fault.status or 500, {**headers, **fault.headers})


async def _broken() -> AsyncIterator[bytes]:
    yield b'{"'
    await asyncio.sleep(0.01)
    raise Cut
