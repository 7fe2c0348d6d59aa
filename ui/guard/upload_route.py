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
DISK_FULL = "The server's disk is full, so the file was not stored. Free some space there, then upload it again."
READ_ONLY = "The server cannot write to its folder for uploads ({reason}), so the file was not stored."
UNREADABLE = "The upload could not be read. Choose the file again."
STATUS = {WrongKind: HTTPStatus.UNSUPPORTED_MEDIA_TYPE, TooMany: HTTPStatus.TOO_MANY_REQUESTS}
MOST_SECONDS = 600
TOO_SLOW = f"The upload took more than {MOST_SECONDS // 60} minutes, so it was stopped. Use a faster connection."
MOST_PROGRESS = 1_000
LOGGER = logging.getLogger(__name__)


class UploadRoute:
    """Passes /gradio_api/upload and /gradio_api/file=PATH to the application if the limits and the owner allow it."""

    def __init__(self, app: ASGIApp, uploads: Uploads, browsers: Browsers, *, shared: bool) -> None:
        self._app = app
        self._uploads = uploads
        self._browsers = browsers
        self._shared = shared

    def takes(self, scope: Scope) -> bool:
        """Whether the request is an upload or the download of an upload."""
        path: str = scope["path"]
        return path == UPLOAD or path.startswith(FILE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["path"] == UPLOAD:
            await self._take_in(scope, receive, send)
        else:
            await self._give_out(scope, receive, send)

    async def _give_out(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file that the same browser uploaded; every other path is answered with 404."""
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
            await _not_stored(error)(scope, receive, send)
            return
        except Exception:  # a damaged form can make the parser raise anything
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
    """The application's answer, stored until the owner of its files is recorded."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    async def take(self, message: Message) -> None:
        """Store a part of the answer."""
        self._messages.append(message)

    def paths(self) -> list[str]:
        """The files that were stored; empty if the application refused the upload."""
        if not self._messages or self._messages[0].get("status") != HTTPStatus.OK:
            return []
        try:
            found = json.loads(b"".join(message.get("body", b"") for message in self._messages[1:]))
        except ValueError:
            return []
        return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []

    async def send(self, send: Send) -> None:
        """Send the answer."""
        for message in self._messages:
            await send(message)


def _forget_progress() -> None:
    """Delete the records of upload progress, because gradio 6.31 stores every requested name without a limit."""
    if len(file_upload_statuses._signals) > MOST_PROGRESS:
        file_upload_statuses._signals.clear()
        file_upload_statuses._statuses.clear()


def _plain(scope: Scope) -> Scope:
    """The request without Accept-Encoding, because the answer is parsed here."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}


def _not_stored(error: OSError) -> PlainTextResponse:
    """The answer if the disk is full or cannot be written."""
    if error.errno in FULL:
        return PlainTextResponse(DISK_FULL, HTTPStatus.INSUFFICIENT_STORAGE)
    reason = error.strerror or errno.errorcode.get(error.errno or 0, "an error")
    return PlainTextResponse(READ_ONLY.format(reason=reason), HTTPStatus.INSUFFICIENT_STORAGE)
