"""A Space's app in a process of its own, and all that a visitor and an account can make it do; no browser.

Run as `python -m tests.hub.space_visitor TOKEN BASE...`; prints what was shown as one JSON object. It does not import
app.py, so the owner's token stays where the client finds it by itself: no call may leave that to the client.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.requests import Request

from backend.errors import InputError
from backend.runs import RunConfig, default_config
from ui.frame.downloads import elsewhere
from ui.frame.layout import Layout
from ui.guard.browsers import PAGE_TOKEN_HEADER
from ui.html.text import count
from ui.jobs.launch import ask, confirm
from ui.page.location import STEPS, Location
from ui.page.state import PageState
from ui.page.updates import changes
from ui.services.quotes import Order
from ui.services.tenants import Tenants, home
from ui.train.fields import OTHER, setting_values
from ui.train.start import start

ROOT = Path(__file__).resolve().parents[2]


def request_of(token: str | None, tenants: Tenants) -> Request:
    """A request of a loaded page, with the session that the app's login leaves."""
    session = {"oauth_info": {"access_token": token}} if token else {}
    page = (PAGE_TOKEN_HEADER.encode(), tenants.browsers.new_token().encode())
    return Request({"type": "http", "session": session, "headers": [page]})


def rendered(layout: Layout, page_state: PageState) -> str:
    """All that a fresh page is sent, once the check is done."""
    if page_state.check:
        assert page_state.check.done.wait(200)
    sent, _ = changes(layout.render(page_state), {})
    return json.dumps(list(sent.values()), default=repr)


def settings(base: str) -> dict[str, Any]:
    """The form's fields with this base, and what follows them."""
    after = {"then": "export", "where": "jobs", "machine": "cpu-upgrade", "minutes": ""}
    return {"name": "A name", "base": OTHER, "base_id": base, **setting_values(RunConfig()), **after}


def orders(page_state: PageState, bases: Sequence[str]) -> Iterator[str]:
    """What is answered to an order of a training on each base."""
    for base in bases:
        for act in (
            lambda base=base: start(page_state, settings(base)),
            lambda base=base: ask(page_state, Order(default_config(base), "A name", "cpu-upgrade", "train")),
        ):
            try:
                place = act()
            except InputError as error:
                yield f"{base}: {error}"
                continue
            task = page_state.services.offers.get(place.offer or "")
            assert task is not None
            assert task.done.wait(60)
            yield f"{base}: {task.error or [check.message for check in task.result.checks if check.code == 'licence']}"  # type: ignore[union-attr]
            confirm(PageState(page_state.services, place))


def visited(tenants: Tenants, layout: Layout, token: str | None, bases: Sequence[str]) -> dict[str, Any]:
    """Everything that one person does."""
    services = tenants.services(request_of(token, tenants))
    if services.finding:
        assert services.finding.done.wait(120)
    services = tenants.services(request_of(token, tenants))
    shown = [rendered(layout, PageState(services, Location(data="example", step=step))) for step in STEPS]
    runs = services.summaries.list()
    reports = {}
    for summary in runs:
        for step in STEPS:
            shown.append(rendered(layout, PageState(services, Location(run=summary.id, step=step))))
        page_state = PageState(services, Location(run=summary.id))
        assert page_state.run is not None
        assert page_state.check is not None
        report = page_state.check.result
        reports[page_state.run.config.base_model] = [page_state.check.error, report.tokens_error if report else None]
        try:
            elsewhere(page_state.run, "model.litertlm", services.identity.token)
        except InputError as error:
            shown.append(str(error))
    example = PageState(services, Location(data="example", step="train"))
    rendered(layout, example)
    return {"runs": count(len(runs), "run"), "reports": reports, "orders": list(orders(example, bases)), "shown": shown}


def main(token: str, bases: Sequence[str]) -> None:
    """Visit without a login, then with one."""
    tenants = Tenants(home())
    with gr.Blocks():
        layout = Layout(tenants)
    visitors = {"visitor": None, "account": token}
    found: dict[str, Any] = {name: visited(tenants, layout, known, bases) for name, known in visitors.items()}
    print(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # the threads that follow jobs have no end


if __name__ == "__main__":
    assert Path.cwd() == ROOT
    main(sys.argv[1], sys.argv[2:])
