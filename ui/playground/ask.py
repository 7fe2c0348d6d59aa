"""Asks the models of a run: the exported file (on the server or in the browser), the checkpoint and the base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.data.tools import read_tools
from backend.errors import InputError
from backend.inference import WHICH, Answer, Which, askable, checkpoint_session_for, runtime_installed, session_for
from backend.records import Call, Tool
from backend.scoring import RowResult
from ui.page import PageState, readable
from ui.playground.browser_model import Given, browser_answer
from ui.playground.history import FILE, KINDS, Exchange
from ui.playground.off_topic import off_topic_texts
from ui.services import exported, stamp

POLL_SECONDS = 0.25
MAX_MESSAGE = 2_000
"""In characters; longer than a phone's context."""
IN_BROWSER = "in this browser"
NOT_HERE = "The file is on Hugging Face, not on this server. Run it in this browser, or download it."
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="answer")


def ask_file(page_state: PageState, message: str) -> Answer:
    """The exported file's answer on the server; if it is not possible, `error` has the reason."""
    if len(message) > MAX_MESSAGE:
        return _too_long(message)
    file = exported(page_state.run) if page_state.run else None
    if page_state.run is None or file is None:
        return Answer(error="There is no exported file. Go to the Export step first.")
    if file.path is None:
        return Answer(error=NOT_HERE)
    try:
        return session_for(file.path, page_state.run.export_dir / "tools_android.json").ask(message)
    except InputError as error:
        return Answer(error=str(error))


def prediction(page_state: PageState, message: str) -> dict[str, Any]:
    """The exported file's answer as JSON: calls, raw text, the reason if there is no answer, and times in seconds."""
    answer = ask_file(page_state, message)
    return {
        "calls": [call.to_dict() for call in answer.calls],
        "text": answer.text,
        "raw": answer.raw,
        "error": answer.error,
        "seconds": answer.seconds,
        "first_token_seconds": answer.first_token_seconds,
        "tokens_per_second": answer.tokens_per_second,
        "probability": answer.probability,
    }


def ask_weights(page_state: PageState, message: str, which: Which) -> Answer:
    """The answer of the run's checkpoint or base; if it is not possible, `error` has the reason."""
    if len(message) > MAX_MESSAGE:
        return _too_long(message)
    if page_state.run is None or which not in askable(page_state.run):
        return Answer(error=f"The {KINDS[which].lower()} of this run cannot answer here.")
    return checkpoint_session_for(page_state.run.path, which).ask(message)


def _too_long(message: str) -> Answer:
    return Answer(
        error=f"The message has {len(message):,} characters; at most {MAX_MESSAGE:,} are allowed. Shorten it."
    )


def exchanges_of(
    page_state: PageState, message: str, given: Given | None, kinds: Sequence[str]
) -> Iterator[Exchange | None]:
    """Yields the exchange before and after every model's answer, and None regularly while a model works."""
    evaluation = readable(lambda: page_state.evaluation)
    exchange = Exchange(
        message,
        {},
        expected_calls(page_state, message),
        _tools(page_state),
        off_topic=" ".join(message.split()) in off_topic_texts(page_state),
        confidence=evaluation.confidence if evaluation else None,
    )
    for kind in (FILE, *kinds):
        if kind == FILE and given is not None:
            exchange = _given(page_state, exchange, given)
        if kind not in exchange.answers:
            pending = _pool.submit(_ask, page_state, message, kind)
            if exchange.answers:
                yield replace(exchange, waiting=kind)
            while (answer := _poll(pending)) is None:
                yield None
            exchange = replace(exchange, answers={**exchange.answers, kind: answer})
        yield exchange


def _ask(page_state: PageState, message: str, kind: str) -> Answer:
    which = next((which for which in WHICH if which == kind), None)
    return ask_file(page_state, message) if which is None else ask_weights(page_state, message, which)


def _given(page_state: PageState, exchange: Exchange, given: Given) -> Exchange:
    """The exchange with the browser's answer; without one, a note that the server answers, or an error if it cannot."""
    item = given.answers.get(exchange.message)
    if item is not None and page_state.run is not None:
        return replace(exchange, answers={FILE: browser_answer(page_state.run, item)}, place=IN_BROWSER)
    reason = given.error or "The browser gave no answer"
    if not runtime_installed():
        return replace(
            exchange, answers={FILE: Answer(error=f"{reason}. There is no runtime on this server to answer instead.")}
        )
    return replace(exchange, note=f"{reason}, so the server answered.")


def _tools(page_state: PageState) -> Mapping[str, Tool]:
    """The run's tools by name; empty if they cannot be read."""
    run = page_state.run
    return (readable(lambda: _read_tools(run.tools_path, stamp(run.tools_path))) or {}) if run else {}


@lru_cache(maxsize=8)
def _read_tools(path: Path, _stamp: tuple[int, int]) -> Mapping[str, Tool]:
    return {tool.name: tool for tool in read_tools(path).tools}


def held_out_rows(page_state: PageState) -> Sequence[RowResult]:
    """The rows that the evaluation scored."""
    evaluation = readable(lambda: page_state.evaluation)
    return evaluation.tuned.rows if evaluation else ()


def expected_calls(page_state: PageState, message: str) -> tuple[Call, ...] | None:
    """The expected calls, if the message is one of the held-out rows."""
    return next((row.expected for row in held_out_rows(page_state) if row.message.strip() == message), None)


def _poll(pending: Future[Answer]) -> Answer | None:
    try:
        return pending.result(POLL_SECONDS)
    except NotYet:
        return None
