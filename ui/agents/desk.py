"""Answers the calls of agents: identifies the account, limits the calls at once, and returns JSON."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import gradio as gr

from backend.errors import InputError
from backend.runs import Run
from ui.page import Location, PageState
from ui.services import Services, Task, Tenants, message_of

MOST_AT_ONCE, MOST_OF_ONE = 8, 3
"""Calls that are answered at the same time: in all, and of one account or address."""
WAIT_SECONDS = 45.0
"""The longest wait of a call. The usual time limit of an MCP client is 60 seconds."""
MOST_LISTED, LONGEST_TEXT = 100, 600
"""Entries of a list in one answer, and characters of a text in it."""
BUSY = "The app is answering as many calls as it can. Call this tool again in a few seconds."
NOT_YET = "This is not done yet ({doing}). Call this tool again with the same arguments in a few seconds."
LOG_IN = (
    "This needs a login. Send a token of your Hugging Face account in the header `Authorization: Bearer hf_…`. Without "
    "a login you can import, validate and fix data."
)
NO_DATA = "Name the data by the id that import_data returned, or `example`."
Result = TypeVar("Result")


class Desk:
    """Calls the work of a tool with the services of the agent's account, and with no others."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, request: gr.Request, work: Callable[[Services], Mapping[str, Any]]) -> str:
        """The work's result as JSON. Raises InputError with the reason if there is none."""
        services = self._tenants.agent_services(request)
        with self._turn(services.owner):
            _ = services.finding  # the search also starts the following of the account's jobs
            try:
                return json.dumps(work(services), ensure_ascii=False)
            except Exception as error:
                raise InputError(message_of(error, "answering an agent")) from error

    @contextmanager
    def _turn(self, owner: str) -> Iterator[None]:
        with self._lock:
            if self._running.total() >= MOST_AT_ONCE or self._running[owner] >= MOST_OF_ONE:
                raise InputError(BUSY)
            self._running[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[owner] -= 1
                self._running += Counter()  # removes owners without a running call


def account(services: Services) -> Services:
    """The services, if the agent may change something. Raises InputError without a login on a shared app."""
    if services.identity.visitor:
        raise InputError(" ".join(filter(None, (services.identity.problem, LOG_IN))))
    return services


def data_state(services: Services, data: str) -> PageState:
    """The state of imported data. Raises InputError if it is not stored for this account."""
    state = PageState(services, Location(data=data))
    if state.source is None:
        raise InputError(state.source_error or NO_DATA)
    return state


def run_state(services: Services, run: str) -> tuple[PageState, Run]:
    """The state of one of the account's runs. Raises InputError if there is no such run."""
    state = PageState(services, Location(run=run))
    if state.run is None:
        raise InputError(state.run_error or "Name a run by its id. Call status without a run to list them.")
    return state, state.run


def waited(task: Task[Result] | None) -> Result:
    """The task's result. Raises InputError if it failed, or is not done in WAIT_SECONDS."""
    if task is None:
        raise InputError(NO_DATA)
    task.done.wait(WAIT_SECONDS)
    if task.result is None:
        raise InputError(task.error or NOT_YET.format(doing=task.doing or "it waits for its turn"))
    return task.result


def listed(items: Sequence[Any], first: int) -> Sequence[Any]:
    """At most MOST_LISTED of the items, from the number `first` on."""
    return items[max(first, 0) :][:MOST_LISTED]


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """The text, with an ellipsis if it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
