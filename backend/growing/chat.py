"""Speaks the chat protocol (POST /chat/completions, OpenAI's) with a server that may be slow, broken or hostile.

`huggingface_hub.InferenceClient` is not used: for a base URL without a key it sends the locally saved Hugging Face
token to that address, it changes `response_format` to the form of one server, it has no limit on an answer, and an
event that is no object ends it with an AttributeError (huggingface_hub 2.4.0, 2026-11-28).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from backend.data.text import escape
from backend.errors import InputError
from backend.event_lines import lines_of
from backend.growing.addresses import trace_public_only
from backend.growing.chat_answers import (
    DONE,
    Cancelled,
    Chunks,
    Completion,
    delta_of,
    error_message,
    event_of,
    seconds_asked,
    usage_of,
)
from backend.redact import redact

MOST_TEXT = 400_000
"""Characters of one answer."""
MOST_TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0
"""Seconds between tries: they double, unless the server asks for others; a server that asks for more is left."""
SILENCE_SECONDS = 300.0
"""The longest time without a byte; a local model needs it to read its prompt."""
_BUSY = frozenset((408, 409, 425, 429, *range(500, 600)))
_SHOWN = 300


class _Busy(Exception):
    """The server may answer later; `seconds` is how long it asks to wait, if it says so."""

    def __init__(self, what: str, seconds: float | None = None) -> None:
        super().__init__(what)
        self.seconds = seconds


class _Refused(Exception):
    """The server refuses the request itself."""


@dataclass
class ChatServer:
    """A server at a base address; the key is kept in memory and sent in one header only.

    `public_only` refuses connections into private networks. `wait` pauses for seconds and returns whether the work was
    cancelled meanwhile.
    """

    address: str
    key: str | None = field(default=None, repr=False)
    public_only: bool = False
    cancel: threading.Event = field(default_factory=threading.Event, repr=False)
    wait: Callable[[float], bool] | None = field(default=None, repr=False)
    silence_seconds: float = SILENCE_SECONDS
    _structured: bool = field(default=True, init=False, repr=False)

    def complete(self, payload: Mapping[str, Any], schema: Mapping[str, Any] | None = None) -> Completion:
        """Returns the answer to a chat request; with a schema, in structured output if the server takes it.

        A busy server is asked again. A text that ends early is returned as cut. Cancelling takes effect with the next
        bytes. Raises Cancelled, or InputError if there is no answer.
        """
        if schema is None or not self._structured:
            return self._patiently(payload)
        shape = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        try:
            return self._patiently({**payload, "response_format": shape}, structured=True)
        except _Refused:
            self._structured = False
            return self._patiently(payload)

    def models(self) -> Any:
        """Returns the answer to GET /models, None if the server refuses. Raises InputError if there is none."""
        url = f"{self.address}/models"
        try:
            with self._client() as client, client.stream("GET", url, headers=self._headers()) as response:
                body = self._body(response)
            return json.loads(body) if response.status_code == 200 else None
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            raise InputError(f"{url} gave no list of models: {self._plain(error)}.") from error

    def _patiently(self, payload: Mapping[str, Any], *, structured: bool = False) -> Completion:
        pause = FIRST_PAUSE
        for remaining in reversed(range(MOST_TRIES)):
            try:
                return self._once(payload, structured=structured)
            except _Busy as busy:
                seconds = pause if busy.seconds is None else busy.seconds
                if not remaining or seconds > LONGEST_PAUSE:
                    later = f" It asks to wait {seconds:,.0f} seconds." if busy.seconds else ""
                    raise InputError(
                        f"{self.address} does not answer: {busy}.{later} What was written before is kept. Continue "
                        "later."
                    ) from busy
                pause *= 2
                if (self.wait or self.cancel.wait)(seconds) or self.cancel.is_set():
                    raise Cancelled from busy
        raise AssertionError("the last try returns or raises")

    def _once(self, payload: Mapping[str, Any], *, structured: bool) -> Completion:
        if self.cancel.is_set():
            raise Cancelled
        body = {**payload, "stream": True, "stream_options": {"include_usage": True}}
        url, headers = f"{self.address}/chat/completions", self._headers()
        traced = {"trace": trace_public_only} if self.public_only else {}
        try:
            with (
                self._client() as client,
                client.stream("POST", url, json=body, headers=headers, extensions=traced) as response,
            ):
                self._check(response, structured=structured)
                return self._read(response)
        except httpx2.ConnectError as error:
            why = self._plain(error)
            raise InputError(f"{self.address} cannot be reached: {why}. Is the server running?") from error
        except (httpx2.TimeoutException, httpx2.TransportError) as error:
            raise _Busy(self._plain(error) or type(error).__name__) from error
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise InputError(f"{self.address} is not an address: {self._plain(error)}.") from error

    def _client(self) -> httpx2.Client:
        """Returns a client that follows no redirect, which would send the rows to another address."""
        timeout = httpx2.Timeout(self.silence_seconds, connect=10.0)
        return httpx2.Client(timeout=timeout, follow_redirects=False, trust_env=not self.public_only)

    def _headers(self) -> dict[str, str]:
        known = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
        return {**known, **({"Authorization": f"Bearer {self.key}"} if self.key else {})}

    def _check(self, response: httpx2.Response, *, structured: bool) -> None:
        """Raises _Busy, _Refused or InputError for a status other than 200."""
        status = response.status_code
        if status == 200:
            return
        said = self._said(response)
        if status in _BUSY:
            raise _Busy(f"HTTP {status}{said}", seconds_asked(response.headers.get("Retry-After", "")))
        if structured and status in (400, 404, 415, 422):
            raise _Refused
        if status in (401, 403):
            raise InputError(f"{self.address} refuses the key (HTTP {status}{said}). Give another key.")
        if status == 402:
            raise InputError(f"{self.address} asks for payment (HTTP 402{said}). Check the account's credit.")
        if status == 404:
            raise InputError(f"{self.address} has no such model or path (HTTP 404{said}). Check both.")
        raise InputError(f"{self.address} refuses the request (HTTP {status}{said}).")

    def _read(self, response: httpx2.Response) -> Completion:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            return self._whole(Chunks(response.iter_raw(), self.cancel))
        if kind != "text/event-stream":
            raise InputError(
                f"{self.address} answered with {escape(kind[:60]) or 'no content type'}, not with a chat's answer. "
                "Check the address; it often ends in /v1."
            )
        return self._streamed(Chunks(response.iter_raw(), self.cancel))

    def _streamed(self, chunks: Chunks) -> Completion:
        """Returns the text of the events, also if the connection breaks after the first of them."""
        parts: list[str] = []
        usage: tuple[int, int] | None = None
        size, ended = 0, ""
        try:
            for event in map(event_of, lines_of(chunks)):
                if event == DONE:
                    ended = ended or "stop"
                    break
                self._check_error(event)
                text, reason = delta_of(event)
                ended, usage = reason or ended, usage_of(event) or usage
                parts.append(text)
                size += len(text)
                if size > MOST_TEXT:
                    ended = "length"
                    break
        except httpx2.TransportError:
            if not size:
                raise
        return Completion("".join(parts), usage, cut=ended != "stop")

    def _whole(self, chunks: Chunks) -> Completion:
        """Returns the text of an answer that is one JSON object."""
        body = b"".join(chunks)
        if chunks.ended_early:
            raise InputError(f"{self.address} answered with more than a chat's answer may have. Choose another model.")
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _Busy("the answer is not complete JSON") from error
        self._check_error(document)
        text, reason = delta_of(document)
        return Completion(text[:MOST_TEXT], usage_of(document), cut=reason not in ("stop", None))

    def _check_error(self, event: Any) -> None:
        """Raises _Busy if an event is an error that the server found after it had begun to answer."""
        if isinstance(event, dict) and event.get("error") is not None:
            raise _Busy(f"the server reports an error{self._quoted(error_message(event))}")

    def _body(self, response: httpx2.Response) -> bytes:
        return b"".join(Chunks(response.iter_raw(), self.cancel))

    def _said(self, response: httpx2.Response) -> str:
        """Returns the server's own words on an error, short and without secrets."""
        try:
            document = json.loads(self._body(response))
        except (ValueError, RecursionError, httpx2.TransportError):
            return ""
        return self._quoted(error_message(document))

    def _quoted(self, text: str) -> str:
        plain = self._plain(text)
        return f": {plain}" if plain else ""

    def _plain(self, text: object) -> str:
        """Returns a text on one line without the key and other tokens."""
        shown = redact(" ".join(str(text).split()), [self.key] if self.key else [])
        return escape(shown[:_SHOWN]).rstrip(".")
