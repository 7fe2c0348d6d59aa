"""Asking an exported file: one model stays loaded in a worker process between questions."""

from __future__ import annotations

import atexit
import importlib.util
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from backend.errors import InputError
from backend.inference.answer_worker import Worker, WorkerDied
from backend.records import Call

__all__ = ["Answer", "ModelSession", "WorkerDied", "answerer_for", "close_answerer", "runtime_installed"]

LOAD_TIMEOUT = 180.0
ASK_TIMEOUT = 120.0
IDLE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `error` says why there is none, or why an app would get no call. Times are in seconds.

    `raw` is what the model wrote, its stop token left out; `prompt` and `prompt_ids` are what it was given, without the
    start token; `app_agrees` says whether the runtime gives an app the same calls as our parser, None where not asked.
    """

    raw: str = ""
    calls: tuple[Call, ...] = ()
    text: str = ""
    error: str | None = None
    load_seconds: float = 0.0
    first_token_seconds: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    tokens_per_second: float = 0.0
    prompt: str = ""
    prompt_ids: tuple[int, ...] = ()
    peak_memory_mb: float = 0.0
    app_agrees: bool | None = None

    @classmethod
    def from_json(cls, reply: Mapping[str, Any]) -> Answer:
        """The answer in one line of the worker's output."""
        known = {name: reply[name] for name in cls.__dataclass_fields__ if reply.get(name) is not None}
        known["calls"] = tuple(Call(call["name"], call["arguments"]) for call in reply.get("calls") or ())
        known["prompt_ids"] = tuple(reply.get("prompt_ids") or ())
        return cls(**known)


class ModelSession:
    """One exported file, ready to be asked; the worker starts at the first question.

    It starts anew when the file or the tools have changed on the disk or the worker has died, and stops after
    `idle_seconds` without a question. Safe to use from several threads: questions wait for each other.
    """

    def __init__(self, model: Path, tools: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self.model = model
        self.tools = tools
        self.ready: Mapping[str, Any] = {}
        """What the worker said when the file was open: load_seconds, context, start_token, stop_tokens."""
        self.named: tuple[Path, ...] = ()
        """What `kept` knows it by."""
        self._idle_seconds = idle_seconds
        self._lock = threading.RLock()
        self._worker: Worker | None = None
        self._loaded: tuple[object, ...] = ()
        self._asked = 0
        self._idle: threading.Timer | None = None

    def __enter__(self) -> ModelSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, message: str, timeout: float = ASK_TIMEOUT) -> Answer:
        """Answer one message as an app on the phone would; what goes wrong is told in the answer's `error`."""
        try:
            return self.request(message, timeout)
        except (InputError, WorkerDied) as error:
            return Answer(error=str(error))

    def request(
        self,
        message: str,
        timeout: float = ASK_TIMEOUT,
        *,
        only: Literal["prompt", "raw"] | None = None,
        tools: Sequence[Mapping[str, Any]] | None = None,
    ) -> Answer:
        """Like `ask`, with less done (`only`) or for other `tools`; InputError or WorkerDied where it fails."""
        with self._lock:
            self._rest()
            try:
                self.load()
                assert self._worker is not None
                self._asked += 1
                self._worker.send({"id": self._asked, "message": message, "only": only, "tools": tools})
                return Answer.from_json(self._worker.receive(time.monotonic() + timeout))
            except WorkerDied:
                self.close()  # a late answer must not be taken for the next question's
                raise
            finally:
                self._wake_later()

    def watched(self) -> tuple[Path, ...]:
        """The files that the worker reads: when one changes, it starts anew."""
        return self.model, self.tools

    def start(self) -> Worker:
        """A new worker; InputError where what it needs is not installed."""
        if not runtime_installed():
            raise InputError(
                "The LiteRT-LM runtime is not installed here, so the file cannot be asked. Install "
                "requirements-local.txt, or download the file and run it elsewhere."
            )
        return Worker.of_file(self.model, self.tools)

    def load(self) -> None:
        """Start the worker unless it runs already; InputError where the runtime refuses the file, WorkerDied."""
        with self._lock:
            stamp = tuple(map(_stamp, self.watched()))
            if self._worker is not None and self._worker.alive and stamp == self._loaded:
                return
            self.close()
            self._worker, self._loaded = self.start(), stamp
            try:
                self.ready = self._worker.receive(time.monotonic() + LOAD_TIMEOUT)
                if not self.ready.get("ready"):
                    raise InputError(f"{self.ready.get('error')} {self._worker.last_words()}".strip())
            except (InputError, WorkerDied):
                self.close()
                raise

    def close(self) -> None:
        """Stop the worker and give its memory back; the next question starts it again."""
        with self._lock:
            self._rest()
            if self._worker is not None:
                self._worker.stop()
                self._worker = None

    def _rest(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _wake_later(self) -> None:
        if self._worker is not None:
            self._idle = threading.Timer(self._idle_seconds, self.close)
            self._idle.daemon = True
            self._idle.start()


def runtime_installed() -> bool:
    """Whether this machine has the LiteRT-LM runtime; a Space that installs requirements.txt alone has not."""
    return importlib.util.find_spec("litert_lm") is not None


def _stamp(path: Path) -> tuple[int, int, int]:
    """What changes when a file is replaced; InputError where it is gone."""
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}). Export the model again.") from error
    return found.st_ino, found.st_mtime_ns, found.st_size


_kept: dict[str, ModelSession] = {}
_kept_lock = threading.Lock()


def answerer_for(model: Path, tools: Path) -> ModelSession:
    """The answerer of an exported file; at most one file stays loaded, so another file's is closed."""
    return kept("file", (model, tools), lambda: ModelSession(model, tools))


def kept(kind: str, wanted: tuple[Path, ...], make: Callable[[], ModelSession]) -> ModelSession:
    """The answerer of that kind for these paths, made now if it is new; one of each kind is kept for the whole app.

    The one that it replaces is closed: each loaded model takes up to 1 GB.
    """
    with _kept_lock:
        found = _kept.get(kind)
        if found is None or found.named != wanted:
            if found is not None:
                found.close()
            found = _kept[kind] = make()
            found.named = wanted
        return found


@atexit.register
def close_answerer() -> None:
    """Close the answerers that are kept."""
    for answerer in _kept.values():
        answerer.close()
