"""Somebody at the other end of the socket: a client that sends what it likes, and keeps its cookies itself."""

from __future__ import annotations

import http.client
import re
import secrets
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import httpx

ANSWER_SECONDS = 30.0
MUTATING = ("POST", "PUT", "PATCH", "DELETE")


class Outsider:
    """A client with a jar of cookies; secure ones are sent too, as a browser does to a loop-back address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.authority = urlsplit(url).netloc
        self.session = secrets.token_hex(8)  # a session belongs to the browser that names it first
        self.cookies: dict[str, str] = {}
        # A connection for each request: the server ends one on which an answer failed.
        self._http = httpx.Client(
            base_url=url, timeout=ANSWER_SECONDS, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, whole."""
        with self.stream(method, path, **options) as reply:
            reply.read()
            return reply

    def get(self, path: str, **options: Any) -> httpx.Response:
        """One GET."""
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """One POST."""
        return self.ask("POST", path, **options)

    def stream(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> _Kept:
        """One request whose body may have no end: a context that gives the answer's head at once."""
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {**({"Cookie": jar} if jar else {}), **(headers or {})}
        return _Kept(self, self._http.stream(method, path, headers=sent, **options))

    def keep(self, reply: httpx.Response) -> None:
        """Take the cookies that an answer sets."""
        self._http.cookies.clear()
        for line in reply.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value or morsel.value == "null":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def exactly(self, target: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """The status and body of a request whose target goes out as it is written, with its dots and its Host."""
        connection = http.client.HTTPConnection(self.authority, timeout=ANSWER_SECONDS)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            connection.putrequest(method, target, skip_host="Host" in (headers or {}))
            for name, value in {**({"Cookie": jar} if jar else {}), **(headers or {})}.items():
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def upload(self, name: str, content: bytes, **options: Any) -> httpx.Response:
        """Send one file as the page does."""
        return self.post("gradio_api/upload", files={"files": (name, content)}, **options)

    def uploaded(self, name: str, content: bytes) -> str:
        """The path that the app gives to a file that it takes."""
        reply = self.upload(name, content)
        assert reply.status_code == 200, reply.text
        path: str = reply.json()[0]
        return path

    def log_in(self, name: str) -> None:
        """Log in at the loop-back Hub as one of its users."""
        sent = self.get("login/huggingface", params={"_target_url": "/"})
        chosen = httpx.get(sent.headers["location"] + f"&login={name}")
        back = urlsplit(chosen.headers["location"])
        reply = self.get(f"{back.path}?{back.query}")
        assert reply.status_code in (302, 303, 307), reply.text


class _Kept:
    """The context of an answer, whose cookies are kept."""

    def __init__(self, outsider: Outsider, context: Any) -> None:
        self._outsider = outsider
        self._context = context

    def __enter__(self) -> httpx.Response:
        reply: httpx.Response = self._context.__enter__()
        self._outsider.keep(reply)
        return reply

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(*error)


def words(html: str) -> str:
    """What stands in a piece of HTML, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def asked(outsider: Outsider, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
    """An answer's head: a stream of events has no end."""
    body = {"data": [], "session_hash": outsider.session, "event_id": "x"}
    given = {"json": body} if method in MUTATING else {}
    with outsider.stream(method, path, headers=headers, **given) as reply:
        return reply


def allowing(reply: httpx.Response) -> list[str]:
    return [name for name in reply.headers if name.lower().startswith("access-control-")]
