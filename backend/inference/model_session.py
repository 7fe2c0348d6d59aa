"""Sends messages to an exported file; the model stays loaded in a worker process between messages."""

from __future__ import annotations

import atexit
import importlib.util
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from backend.errors import InputError
from backend.inference.answer import Answer, ConversationReply
from backend.inference.answer_worker import Worker, WorkerDied

LOAD_TIMEOUT = 180.0
ASK_TIMEOUT = 120.0
CONVERSE_TIMEOUT = 600.0
IDLE_SECONDS = 600.0


class ModelSession:
    """The session of one exported file; its worker starts at the first message.

    The worker is restarted if the file or the tools have changed on the disk, or if the worker has ended. It stops
    after `idle_seconds` without a message. The session is thread-safe: messages are answered one after the other.
    """

    def __init__(self, model: Path, tools: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self.model = model
        self.tools = tools
        self.ready: Mapping[str, Any] = {}
        """The worker's first reply: load_seconds, context, start_token, stop_tokens."""
        self.key: tuple[Path, ...] = ()
        """The paths by which `cached_session` identifies the session."""
        self._idle_seconds = idle_seconds
        self._lock = threading.RLock()
        self._worker: Worker | None = None
        self._loaded: tuple[object, ...] = ()
        self._requests = 0
        self._idle: threading.Timer | None = None

    def __enter__(self) -> ModelSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, message: str, timeout: float = ASK_TIMEOUT) -> Answer:
        """Answers one message as an app on the phone would; errors are in the answer's `error`."""
        try:
            return self.request(message, timeout, sure=True)
        except (InputError, WorkerDied) as error:
            return Answer(error=str(error))

    def request(
        self,
        message: str,
        timeout: float = ASK_TIMEOUT,
        *,
        only: Literal["prompt", "raw", "constrained"] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
        sure: bool = False,
    ) -> Answer:
        """Does the same as `ask`, with fewer steps (`only`) or other `tools`; the probability only if `sure` is True.

        Raises InputError if the model cannot be loaded, WorkerDied if the worker ends or `timeout` seconds pass.
        """
        return Answer.from_json(
            self._exchange({"message": message, "only": only, "tools": tools, "sure": sure}, timeout)
        )

    def request_constrained(self, message: str, tools: Sequence[Mapping[str, Any]] | None = None) -> Answer:
        """Answers as an app receives it with constrained decoding; `error` ends with the runtime's own reason.

        Raises InputError or WorkerDied as `request` does.
        """
        with self._lock:
            self.load()
            assert self._worker is not None
            printed = self._worker.printed_bytes()
            answer = self.request(message, only="constrained", tools=tools)
            reason = self._worker.first_error(printed) if answer.error is not None else ""
        if not reason or answer.error is None:
            return answer
        return replace(answer, error=f"{answer.error.rstrip('.')}. The runtime's reason: {reason}")

    def converse(
        self,
        messages: Sequence[str | Mapping[str, Any]],
        response: Mapping[str, Any] | None = None,
        rounds: int = 1,
        timeout: float = CONVERSE_TIMEOUT,
    ) -> tuple[ConversationReply, ...]:
        """Returns the replies to messages in one conversation; fewer if it has no room for all of them.

        With a `response`, it is sent for each reply with calls, at most `rounds` times in a row. Raises InputError if
        the model cannot be loaded or no conversation can be opened, WorkerDied as `request` does.
        """
        request = {"conversation": list(messages), "response": response, "rounds": rounds}
        reply = self._exchange(request, timeout)
        if reply.get("error"):
            raise InputError(str(reply["error"]))
        return tuple(map(ConversationReply.from_json, reply["replies"]))

    def _exchange(self, request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        with self._lock:
            self._cancel_idle_timer()
            try:
                self.load()
                assert self._worker is not None
                self._requests += 1
                self._worker.send({"id": self._requests, **request})
                return self._worker.receive(time.monotonic() + timeout)
            except WorkerDied:
                self.close()  # a late answer must not become the answer of the next message
                raise
            finally:
                self._start_idle_timer()

    def watched(self) -> tuple[Path, ...]:
        """Returns the files that the worker reads; if one changes, the worker is restarted."""
        return self.model, self.tools

    def start(self) -> Worker:
        """Starts a new worker. Raises InputError if its runtime is not installed."""
        if not runtime_installed():
            raise InputError(
                "The LiteRT-LM runtime is not installed here, so the file cannot run. Install requirements-local.txt, "
                "or download the file and run it on another device."
            )
        return Worker.of_file(self.model, self.tools)

    def load(self) -> None:
        """Starts the worker if it does not run. Raises InputError if it refuses the file, WorkerDied if it ends."""
        with self._lock:
            stamp = tuple(map(_stamp, self.watched()))
            if self._worker is not None and self._worker.alive and stamp == self._loaded:
                return
            self.close()
            self._worker, self._loaded = self.start(), stamp
            try:
                self.ready = self._worker.receive(time.monotonic() + LOAD_TIMEOUT)
                if not self.ready.get("ready"):
                    raise InputError(f"{self.ready.get('error')} {self._worker.last_error()}".strip())
            except (InputError, WorkerDied):
                self.close()
                raise

    def close(self) -> None:
        """Stops the worker, which frees its memory; the next message starts it again."""
        with self._lock:
            self._cancel_idle_timer()
            if self._worker is not None:
                self._worker.stop()
                self._worker = None

    def _cancel_idle_timer(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _start_idle_timer(self) -> None:
        if self._worker is not None:
            self._idle = threading.Timer(self._idle_seconds, self.close)
            self._idle.daemon = True
            self._idle.start()


def runtime_installed() -> bool:
    """Whether the LiteRT-LM runtime is installed; a Space, which installs only requirements.txt, lacks it."""
    return importlib.util.find_spec("litert_lm") is not None


def _stamp(path: Path) -> tuple[int, int, int]:
    """Returns values that change when a file is replaced. Raises InputError if the file cannot be read."""
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Export the model again.") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


_sessions: dict[str, ModelSession] = {}
_sessions_lock = threading.Lock()


def session_for(model: Path, tools: Path) -> ModelSession:
    """Returns the session of an exported file; the session of another file is closed."""
    return cached_session("file", (model, tools), lambda: ModelSession(model, tools))


def cached_session(kind: str, key: tuple[Path, ...], make: Callable[[], ModelSession]) -> ModelSession:
    """Returns the cached session of a kind for the paths in `key`, or a new one; the app has one session of each kind.

    The session that a new one replaces is closed, because each loaded model needs up to 1 GB.
    """
    with _sessions_lock:
        found = _sessions.get(kind)
        if found is None or found.key != key:
            if found is not None:
                found.close()
            found = _sessions[kind] = make()
            found.key = key
        return found


@atexit.register
def close_sessions() -> None:
    """Closes all cached sessions."""
    for session in _sessions.values():
        session.close()
