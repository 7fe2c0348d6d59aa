"""A request's body as it arrives, never more of it than is allowed."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import Message, Receive


class Body:
    """Passes a body on and counts its bytes.

    `too_large` is true as soon as more than `most` bytes were announced or came; to the application the sender is then
    gone, so that it keeps nothing, and its answer is replaced.
    """

    def __init__(self, receive: Receive, headers: Headers, most: int) -> None:
        self._receive = receive
        self._most = most
        self._came = 0
        self._again: Message | None = None
        announced = headers.get("content-length", "0")
        self.announced = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        self.too_large = self.announced > most

    async def whole(self) -> bytes:
        """All of the body, which `receive` then gives out again; cut off if it is too large."""
        parts, more = [], True
        while more and not self.too_large:
            message = await self.receive()
            if message["type"] != "http.request":
                break
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        content = b"".join(parts)
        self._again = {"type": "http.request", "body": content, "more_body": False}
        return content

    async def receive(self) -> Message:
        """The next part of the body, or what the server says of the connection."""
        if self._again is not None:
            again, self._again = self._again, None
            return again
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        self._came += len(message.get("body", b""))
        if self._came <= self._most:
            return message
        self.too_large = True
        return {"type": "http.disconnect"}
