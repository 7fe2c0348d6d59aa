"""A chat server over real sockets that is broken, slow, busy or hostile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from backend.errors import InputError
from backend.growing import Cancelled, open_teacher
from backend.growing.chat import MOST_TEXT, MOST_TRIES
from backend.growing.chat_answers import seconds_asked
from tests.ports import number_of, reserved_port
from tests.unit.growing.asking import PROMPT, Waits, ask, teacher
from tests.unit.growing.chat_server import (
    MODEL,
    ChatServer,
    Fault,
    Handler,
    cut,
    error_event,
    odd_events,
    one_long_line,
    page,
    whole,
)
from tests.waiting import wait_until


def test_an_answer_is_streamed_with_its_tokens(chat: ChatServer) -> None:
    done = ask(chat)
    assert (done.tokens, done.cut) == ((1000, len(done.text) // 4), False)
    assert '"rows"' in done.text
    payload = chat.chats[0].payload
    assert payload["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "Authorization" not in chat.chats[0].headers


def test_without_structured_output_the_request_is_repeated_once_and_remembered(chat: ChatServer) -> None:
    chat.structured = False
    asked = teacher(chat)
    assert '"rows"' in asked.ask(PROMPT, 500).text
    assert '"rows"' in asked.ask(PROMPT, 500).text
    assert ["response_format" in one.payload for one in chat.chats] == [True, False, False]


@pytest.mark.parametrize("send", [whole, odd_events])
def test_other_ways_to_answer_are_read(chat: ChatServer, send: Callable[[Handler, str], None]) -> None:
    chat.faults = [Fault(send=send)]
    assert '"rows"' in ask(chat).text


def test_a_cut_answer_is_kept_as_far_as_it_came(chat: ChatServer) -> None:
    chat.faults = [Fault(send=cut)]
    done = ask(chat)
    assert done.cut
    assert done.text.startswith('{"rows"')
    assert len(chat.chats) == 1


def test_an_answer_that_is_longer_than_asked_is_cut(chat: ChatServer) -> None:
    assert teacher(chat).ask(PROMPT, 5).cut


def test_ten_megabytes_are_not_read(chat: ChatServer) -> None:
    chat.faults = [Fault(change=lambda text: text + " " + "x" * 10_000_000), Fault(send=one_long_line)]
    done = ask(chat)
    assert done.cut
    assert len(done.text) < MOST_TEXT + 100
    assert ask(chat).text == ""


@pytest.mark.parametrize("status", [408, 429, 500, 503, 529])
def test_a_busy_server_is_asked_again_after_the_time_that_it_names(chat: ChatServer, status: int) -> None:
    chat.faults = [Fault(status=status, headers={"Retry-After": "7"}), Fault(status=status)]
    waits = Waits()
    assert '"rows"' in ask(chat, wait=waits).text
    assert waits.seconds == [7.0, 4.0]


def test_a_server_that_stays_busy_is_left(chat: ChatServer) -> None:
    chat.faults = [Fault(status=429) for _ in range(10)]
    with pytest.raises(InputError, match="HTTP 429: it is busy"):
        ask(chat)
    assert len(chat.chats) == MOST_TRIES


def test_a_server_that_asks_for_an_hour_is_left_at_once(chat: ChatServer) -> None:
    chat.faults = [Fault(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(InputError, match="3,600 seconds"):
        ask(chat)
    assert len(chat.chats) == 1


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault(status=402), "asks for payment"),
        (Fault(status=403), "refuses the key"),
        (Fault(status=307, headers={"Location": "http://127.0.0.1:1/v1"}), "HTTP 307"),
        (Fault(send=page), "answered with text/html"),
    ],
)
def test_what_cannot_be_mended_is_said(chat: ChatServer, fault: Fault, message: str) -> None:
    chat.faults = [fault]
    with pytest.raises(InputError, match=message):
        ask(chat)
    assert len(chat.chats) == 1


def test_an_error_in_the_middle_is_tried_again(chat: ChatServer) -> None:
    chat.faults = [Fault(send=error_event)]
    assert '"rows"' in ask(chat).text
    chat.faults = [Fault(send=error_event) for _ in range(MOST_TRIES)]
    with pytest.raises(InputError, match="out of memory"):
        ask(chat)


def test_a_server_that_is_not_there() -> None:
    with reserved_port() as port, pytest.raises(InputError, match="Is the server running"):
        open_teacher(f"http://127.0.0.1:{number_of(port)}/v1", MODEL, None).ask(PROMPT, 5)


def test_cancelling_ends_a_wait_and_a_stream(chat: ChatServer) -> None:
    cancel, begun = threading.Event(), threading.Event()

    def slow(handler: Handler, _text: str) -> None:
        handler.begin()
        while not cancel.is_set():
            handler.say("x")
            begun.set()
        wait_until(lambda: _closed(handler))

    def _closed(handler: Handler) -> bool:
        try:
            handler.say("x")
        except OSError:
            return True
        return False

    chat.faults = [Fault(send=slow)]
    found: list[BaseException] = []

    def work() -> None:
        try:
            open_teacher(chat.address, MODEL, None, cancel=cancel).ask(PROMPT, 5)
        except Cancelled as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(begun.is_set)
    cancel.set()
    thread.join()
    assert len(found) == 1
    again = threading.Event()
    chat.faults = [Fault(status=503)]
    with pytest.raises(Cancelled):
        open_teacher(chat.address, MODEL, None, cancel=again, wait=lambda _seconds: True).ask(PROMPT, 5)


@pytest.mark.parametrize(("header", "seconds"), [("5", 5.0), ("", None), ("soon", None), ("-1", None)])
def test_retry_after(header: str, seconds: float | None) -> None:
    assert seconds_asked(header) == seconds


def test_retry_after_as_a_date_that_is_over() -> None:
    assert seconds_asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_silence_is_a_busy_server() -> None:
    """A server that accepts and says nothing."""
    with socket.socket() as silent_socket:
        silent_socket.bind(("127.0.0.1", 0))
        silent_socket.listen()
        waits = Waits()
        asked = open_teacher(f"http://127.0.0.1:{silent_socket.getsockname()[1]}/v1", MODEL, None, wait=waits)
        asked._server.silence_seconds = 0.05
        with pytest.raises(InputError, match="does not answer"):
            asked.ask(PROMPT, 5)
    assert len(waits.seconds) == MOST_TRIES - 1
