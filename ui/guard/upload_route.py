"""The upload routes: Gradio stores the files, ui/guard/uploads.py records their owners."""

from __future__ import annotations

import errno
import json
import logging
from asyncio import timeout
from http import HTTPStatus

from gradio.routes import file_upload_statuses
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.files import FULL
from ui.guard.addresses import address_of
from ui.guard.browsers import Browsers, cookies_in
from ui.guard.routes import FILE, UPLOAD
from ui.guard.uploads import TooMany, Uploads, WrongKind

NOT_THERE = "There is no such file."
DISK_FULL = "The server's disk is full, so the file was not kept. Free some space there, then upload it again."
READ_ONLY = "The server cannot write where it keeps uploads ({reason}), so the file was not kept."
UNREADABLE = "The upload could not be read. Choose the file again."
STATUS = {WrongKind: HTTPStatus.UNSUPPORTED_MEDIA_TYPE, TooMany: HTTPStatus.TOO_MANY_REQUESTS}
MOST_SECONDS = 600
TOO_SLOW = f"The upload took more than {MOST_SECONDS // 60} minutes, so it was ended. Use a faster connection."
MOST_PROGRESS = 1_000
LOGGER = logging.getLogger(__name__)


class UploadRoute:
    """Answers /gradio_api/upload and /gradio_api/file=PATH by the application behind it, within what is allowed."""

    def __init__(self, app: ASGIApp, uploads: Uploads, browsers: Browsers, *, shared: bool) -> None:
        self._app = app
        self._uploads = uploads
        self._browsers = browsers
        self._shared = shared

    def takes(self, scope: Scope) -> bool:
        """Whether the request is one of these."""
        path: str = scope["path"]
        return path == UPLOAD or path.startswith(FILE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["path"] == UPLOAD:
            await self._take_in(scope, receive, send)
        else:
            await self._give_out(scope, receive, send)

    async def _give_out(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A file that the same browser uploaded; to everybody else, and of anything else, there is none."""
        owner = self._browsers.cookie_of(cookies_in(Headers(scope=scope)))
        if owner is None or not self._uploads.owns(owner, scope["path"].removeprefix(FILE)):
            await PlainTextResponse(NOT_THERE, HTTPStatus.NOT_FOUND)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _take_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        _forget_progress()
        headers = Headers(scope=scope)
        address = address_of(scope, headers, shared=self._shared)
        announced = headers.get("content-length", "")
        refusal = self._uploads.refusal(address, int(announced) if announced.isdecimal() else 0)
        if refusal is not None:
            await PlainTextResponse(refusal, HTTPStatus.TOO_MANY_REQUESTS)(scope, receive, send)
            return
        answer = _Answer()
        try:
            with self._uploads.under_way():
                async with timeout(MOST_SECONDS):
                    await self._app(_plain(scope), receive, answer.take)
        except TimeoutError:
            await PlainTextResponse(TOO_SLOW, HTTPStatus.REQUEST_TIMEOUT)(scope, receive, send)
            return
        except OSError as error:
            await _unkept(error)(scope, receive, send)
            return
        except Exception:  # whatever a damaged form makes the parser raise: the visitor is told, nothing is kept
            LOGGER.warning("an upload could not be read", exc_info=True)
            await PlainTextResponse(UNREADABLE, HTTPStatus.BAD_REQUEST)(scope, receive, send)
            return
        owner = self._browsers.owner(headers, cookies_in(headers))
        try:
            self._uploads.add(answer.paths(), owner, address)
        except (WrongKind, TooMany) as error:
            await PlainTextResponse(str(error), STATUS[type(error)])(scope, receive, send)
            return
        await answer.send(send)


class _Answer:
    """The application's answer, held back until the files in it are noted."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def take(self, message: Message) -> None:
        """Keep a part of it."""
        self._messages.append(message)

    def paths(self) -> list[str]:
        """The files that were stored, empty where the answer is a refusal."""
        if not self._messages or self._messages[0].get("status") != HTTPStatus.OK:
            return []
        try:
            found = json.loads(b"".join(message.get("body", b"") for message in self._messages[1:]))
        except ValueError:
            return []
        return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []

    async def send(self, send: Send) -> None:
        """Pass it on."""
        for message in self._messages:
            await send(message)


def _forget_progress() -> None:
    """Forget who asked how far an upload is: gradio 6.31 keeps every name that was ever asked for."""
    if len(file_upload_statuses._signals) > MOST_PROGRESS:
        file_upload_statuses._signals.clear()
        file_upload_statuses._statuses.clear()


def _plain(scope: Scope) -> Scope:
    """The request without the wish for a packed answer: this one is read here."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}


def _unkept(error: OSError) -> PlainTextResponse:
    """What is said where the disk takes no more."""
    if error.errno in FULL:
        return PlainTextResponse(DISK_FULL, HTTPStatus.INSUFFICIENT_STORAGE)
    reason = error.strerror or errno.errorcode.get(error.errno or 0, "an error")
    return PlainTextResponse(READ_ONLY.format(reason=reason), HTTPStatus.INSUFFICIENT_STORAGE)
