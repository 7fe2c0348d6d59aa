"""An agent: the client of the package mcp, which asks the running app over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import InitializeResult, Tool

from tests.waiting import wait_until

ROUTE = "gradio_api/mcp"
ANSWER_SECONDS = 120.0
STAGE_SECONDS = 600.0


@dataclass(frozen=True)
class Reply:
    """What a tool answered: its JSON, or the text of its error."""

    value: Any
    error: str

    @property
    def found(self) -> Any:
        """The JSON; an error is the test's."""
        assert not self.error, self.error
        return self.value


class Agent:
    """A client with a token of an account, or without one; each call is a connection of its own."""

    def __init__(self, url: str, token: str | None = None, headers: dict[str, str] | None = None) -> None:
        self._url = url + ROUTE
        self._headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}

    def call(self, tool: str, **arguments: Any) -> Reply:
        """Call one tool."""

        async def work(session: ClientSession) -> Reply:
            result = await session.call_tool(tool, arguments)
            (part,) = result.content
            assert part.type == "text"
            return Reply(None, part.text) if result.isError else Reply(json.loads(part.text), "")

        reply: Reply = self._with(work)
        return reply

    def tools(self) -> dict[str, Tool]:
        """Every tool by its name."""

        async def work(session: ClientSession) -> dict[str, Tool]:
            return {tool.name: tool for tool in (await session.list_tools()).tools}

        found: dict[str, Tool] = self._with(work)
        return found

    def introduced(self) -> InitializeResult:
        """What the server says of itself."""

        async def work(session: ClientSession) -> InitializeResult:
            return await session.initialize()

        found: InitializeResult = self._with(work)
        return found

    def until(self, run: str, stage: str) -> dict[str, Any]:
        """The state of a run once a stage has ended."""
        status: dict[str, Any] = {}

        def ended() -> bool:
            nonlocal status
            status = self.call("status", run=run).found
            return status["stages"][stage]["state"] in ("done", "failed", "cancelled")

        wait_until(ended, STAGE_SECONDS)
        return status

    def _with(self, work: Callable[[ClientSession], Any]) -> Any:
        async def connected() -> Any:
            client = httpx.AsyncClient(headers=self._headers, timeout=ANSWER_SECONDS)
            async with (
                client,
                streamable_http_client(self._url, http_client=client) as (read, write, _),
                ClientSession(read, write) as session,
            ):
                await session.initialize()
                return await work(session)

        with ThreadPoolExecutor(1) as thread:  # this one may have the event loop of a browser's test
            return thread.submit(asyncio.run, connected()).result()
