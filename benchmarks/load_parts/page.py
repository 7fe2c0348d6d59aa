"""A page of the app as a browser would have it open, and what it does meanwhile."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).resolve().parents[2]
TOOLS, ROWS = ROOT / "examples" / "tools.json", ROOT / "examples" / "hiking.csv"
ACTION_SECONDS = (5.0, 15.0)
ARRIVAL_SECONDS = 20.0
Waits = dict[str, list[float]]
"""The seconds that each kind of action took."""


class Page:
    """One browser tab of one account, spoken to as gradio's own client does."""

    def __init__(self, url: str, cookie: str, number: int, waits: Waits) -> None:
        headers = {"Cookie": cookie, "X-Forwarded-For": f"1.1.1.{number}"}  # uploads are counted by address
        self._client = httpx2.AsyncClient(base_url=url, headers=headers, timeout=60)
        self._waits = waits
        self._random = random.Random(number)
        self._session = f"session-{number}"
        self._place: dict[str, Any] = {"step": "data"}
        self._token, self._number = "", number
        self.failures: list[str] = []

    async def live(self, seconds: float) -> None:
        """Open the page and use it for a while."""
        await asyncio.sleep(self._random.random() * ARRIVAL_SECONDS)
        reply = await self._timed("open", self._client.get("/config"))
        self._config = reply.json()
        timer = next(found for found in self._config["components"] if found["type"] == "timer")
        look_seconds = timer["props"]["value"]
        await self._event("open", "load", [])
        end = time.monotonic() + seconds
        action = time.monotonic() + self._random.uniform(*ACTION_SECONDS)
        while time.monotonic() < end:
            began = time.monotonic()
            if began > action:
                await self._random.choice([self._check, self._open_run, self._change_step])()
                action = time.monotonic() + self._random.uniform(*ACTION_SECONDS)
            else:
                await self._rendered("render")
            await asyncio.sleep(max(0.0, look_seconds - (time.monotonic() - began)))
        await self._client.aclose()

    async def _check(self) -> None:
        """Upload rows that nobody else has, and wait for what the page shows of their check."""
        rows = ROWS.read_bytes() + f'Where is spring {self._number}-{time.monotonic():.3f}?,"[]"\n'.encode()
        files = []
        for name, content in (("tools.json", TOOLS.read_bytes()), ("rows.csv", rows)):
            response = self._client.post("/gradio_api/upload", files={"files": (name, content)})
            path = (await self._timed("upload", response)).json()[0]
            files.append({"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}})
        self._place = {"step": "data"}
        await self._event("check", "upload", [self._place, *files])

    async def _open_run(self) -> None:
        self._place = {"step": "train", "run": f"{self._run}"}
        await self._rendered("open run")

    async def _change_step(self) -> None:
        self._place = {**self._place, "step": self._random.choice(["data", "train", "evaluate", "export", "try"])}
        await self._rendered("change step")

    async def _event(self, name: str, event: str, data: list[Any]) -> None:
        """An event, and what the page then shows: two requests, one behind the other."""
        if answer := await self._call(name, event, data):
            self._place = answer[0]
            await self._rendered(name)

    async def _rendered(self, name: str) -> None:
        answer = await self._call(name, "tick", [self._place, self._token, None])
        self._token = answer[-1] if answer and isinstance(answer[-1], str) else self._token

    async def _call(self, name: str, event: str, data: list[Any]) -> list[Any]:
        found = next(dep for dep in self._config["dependencies"] if any(on[1] == event for on in dep["targets"]))
        body = {"data": data, "fn_index": found["id"], "session_hash": self._session, "event_data": None}
        reply = await self._timed(name, self._client.post("/gradio_api/run/predict", json=body))
        if reply.status_code == 200:
            return list(reply.json()["data"])
        self.failures.append(f"{name}: {reply.status_code} {reply.text[:200]}")
        return []

    async def _timed(self, name: str, response: Any) -> httpx2.Response:
        began = time.monotonic()
        reply: httpx2.Response = await response
        self._waits[name].append(time.monotonic() - began)
        return reply

    _run = ""

    def owns(self, run: str) -> Page:
        """The same page, whose account has this run."""
        self._run = run
        return self
