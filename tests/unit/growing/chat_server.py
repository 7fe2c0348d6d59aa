"""A chat server on 127.0.0.1 that speaks the documented protocol, and misbehaves on order.

It answers POST /v1/chat/completions and GET /v1/models over real sockets. As OpenAI's it wants a known model and, if it
has keys, one of them; it refuses parameters that are not documented and a `response_format` in another form; it streams
events with the usage in the last one, and ends a text at `max_tokens`. Its model obeys the orders in a prompt with
messages of its own, and labels what it wrote as it wrote it.

It leaves out: TLS, HTTP/2, compression, tools, several choices, log probabilities, and other routes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.unit.growing.sets import unlike

MODEL = "some-lab/teacher-9b"
PARAMETERS = {"model", "messages", "max_tokens", "temperature", "stream", "stream_options", "response_format"}
PIECE = 40


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        """Everything that left the machine with this request."""
        return "\n".join([self.path, *(f"{name}: {value}" for name, value in self.headers.items()), self.body.decode()])


@dataclass
class Fault:
    """What happens to the next answer: its text is changed, or something else is sent instead of it.

    `send` writes the whole response itself. `status` is sent with `headers` and an error in OpenAI's form.
    """

    change: Callable[[str], str] | None = None
    status: int | None = None
    message: str = "it is busy"
    headers: dict[str, str] = field(default_factory=dict)
    send: Callable[[Handler, str], None] | None = None


class ChatServer(ThreadingHTTPServer):
    """The server; `asked` is what came, `faults` what happens to the next answers, `known` the labels by message."""

    daemon_threads = True

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.keys = keys
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.known: dict[str, Any] = {}
        self.structured = True
        self.pricing: list[dict[str, Any]] = []
        self.messages = unlike(0)
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def chats(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def written(self, prompt: str) -> str:
        """What the model writes for a prompt: the rows of its orders, or the labels of its messages."""
        if '{"rows":' in prompt:
            orders = _fenced(prompt, "one for each of these orders:")
            return json.dumps({"rows": [self._row(order) for order in orders]})
        items = [
            {"n": one["n"], "calls": self.known.get(one["message"], [])} for one in _fenced(prompt, '"calls" is empty:')
        ]
        return json.dumps({"labels": items})

    def _row(self, order: dict[str, Any]) -> dict[str, Any]:
        message = next(self.messages)
        needed = {"play_music": {"query": message}, "set_light": {"room": "hall"}}.get(order["tool"] or "", {})
        arguments = {**needed, **order.get("arguments", {})}
        calls = [{"name": order["tool"], "arguments": arguments}] if order["tool"] else []
        self.known[message] = calls
        return {"n": order["n"], "message": message, "calls": calls}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: ChatServer

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        self._note(b"")
        if self.path != "/v1/models":
            return self.refuse(404, "no such path")
        entry = {"id": MODEL, "object": "model", "owned_by": "some-lab", "providers": self.server.pricing}
        return self.send_json(200, {"object": "list", "data": [entry]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._note(body)
        if self.path != "/v1/chat/completions":
            return self.refuse(404, "no such path")
        if self.server.keys and self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.server.keys:
            return self.refuse(401, f"Incorrect API key provided: {self.headers.get('Authorization')}")
        if problem := self._problem(json.loads(body)):
            return self.refuse(400, problem)
        with self.server.lock:
            fault = self.server.faults.pop(0) if self.server.faults else Fault()
        if fault.status is not None:
            return self.refuse(fault.status, fault.message, fault.headers)
        payload = json.loads(body)
        text = self.server.written(payload["messages"][-1]["content"])
        text = fault.change(text) if fault.change else text
        if fault.send:
            return fault.send(self, text)
        return self.stream(text, payload["max_tokens"])

    def _problem(self, payload: dict[str, Any]) -> str:
        """What OpenAI's server would refuse."""
        shape = payload.get("response_format")
        if unknown := payload.keys() - PARAMETERS:
            return f"Unrecognized request argument supplied: {min(unknown)}"
        if payload["model"] != MODEL:
            return f"The model `{payload['model']}` does not exist"
        if shape is None:
            return ""
        if not self.server.structured:
            return "response_format is not supported"
        right = shape.keys() == {"type", "json_schema"} and shape["type"] == "json_schema"
        return "" if right and {"name", "schema"} <= shape["json_schema"].keys() else "Invalid response_format"

    def _note(self, body: bytes) -> None:
        self.server.asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))

    def refuse(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        self.send_json(status, {"error": {"message": message, "type": "error", "code": None}}, headers)

    def send_json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        self.send_whole(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})

    def send_whole(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin(self, kind: str = "text/event-stream; charset=utf-8") -> None:
        """Send the head of a chunked response."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, value: Any) -> None:
        self.chunk(f"data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode())

    def say(self, text: str, reason: str | None = None) -> None:
        """Send an event with a piece of the text."""
        self.event({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]})

    def stream(self, text: str, most_tokens: int = 10_000) -> None:
        """Send the text as events, ended at `most_tokens` of four letters each."""
        shown = text[: 4 * most_tokens]
        self.begin()
        for at in range(0, len(shown), PIECE):
            self.say(shown[at : at + PIECE])
        self.say("", "stop" if shown == text else "length")
        self.event({"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": len(shown) // 4}})
        self.event("[DONE]")
        self.chunk(b"")


def cut(handler: Handler, text: str) -> None:
    """Close the connection in the middle of the text."""
    handler.begin()
    handler.say(text[: len(text) // 2])
    handler.close_connection = True
    handler.connection.close()


def one_long_line(handler: Handler, _text: str) -> None:
    """Send 10 MB of one line that does not end."""
    handler.begin()
    for _ in range(160):
        handler.chunk(b"data: {" + b"x" * 65_536)
    handler.chunk(b"")


def whole(handler: Handler, text: str) -> None:
    """Ignore `stream`, as some servers do."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    handler.send_json(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 5}})


def page(handler: Handler, _text: str) -> None:
    """Send a web page, as a wrong address does."""
    handler.send_whole(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})


def error_event(handler: Handler, _text: str) -> None:
    """Report an error after the response has begun."""
    handler.begin()
    handler.event({"error": {"message": "out of memory"}})
    handler.chunk(b"")


def odd_events(handler: Handler, text: str) -> None:
    """Send events that are no objects of the protocol, then the text."""
    handler.begin()
    for value in ("[1, 2]", "null", "{not JSON", '{"choices": 5}', '{"choices": [{"delta": null}]}', '"text"'):
        handler.event(value)
    handler.chunk(b": a comment\n\nevent: ping\n\n")
    handler.say(text, "stop")
    handler.event("[DONE]")
    handler.chunk(b"")


def _fenced(prompt: str, before: str) -> list[dict[str, Any]]:
    """The JSON lines of the block after some words."""
    block = prompt.split(before, 1)[1].split("BEGIN-", 1)[1].split("\nEND-", 1)[0]
    return [json.loads(line) for line in block.splitlines()[1:]]
