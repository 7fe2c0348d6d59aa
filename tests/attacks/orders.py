"""What costs money and time: asking for the price of a job, confirming it, starting a quick test here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.attacks.outsider import Outsider, words
from tests.attacks.surface import Endpoint, Surface, run
from tests.waiting import wait_until

Ask = Callable[[Endpoint, Any, Any], Any]
"""Sends (endpoint, data, event data); gives the answer as JSON, None where there is none to read."""
JOB = {"Where it runs": "jobs", "Machine": "cpu-upgrade", "When training is done": "stop"}
HERE = {"When training is done": "stop"}


def asking(outsider: Outsider, session: str, headers: dict[str, str] | None = None) -> Ask:
    """Asks as a client without a browser, in a session of that name."""

    def ask(endpoint: Endpoint, data: Any, event: Any) -> Any:
        body = {"data": data, "fn_index": endpoint.id, "session_hash": session, "event_data": event}
        reply = outsider.post("gradio_api/run/predict", json=body, headers=headers)
        return reply.json() if reply.status_code == 200 else None

    return ask


def with_example(surface: Surface, ask: Ask) -> dict[str, Any] | None:
    """The place where the example's data is open, None where nothing is answered."""
    offer = surface.fired_by("data-offer")
    answer = ask(offer, offer.data(), {"do": "example"})
    return {**surface.place(offer, answer), "step": "train"} if answer else None


def priced(surface: Surface, ask: Ask, name: str) -> dict[str, Any] | None:
    """The place at which a job's price is shown, None where the way to it is closed."""
    place = with_example(surface, ask)
    render, quick = surface.named("render"), surface.fired_by("quick-test")
    offered: dict[str, Any] | None = None

    def settled() -> bool:
        nonlocal offered
        answer = ask(render, render.data(place=offered or place), None)
        if answer is None:
            offered = None
            return True
        if offered is None:
            asked = ask(quick, surface.filled(quick, {**JOB, "Name": name}, place), {"do": "click"})
            moved = surface.place(quick, asked) if asked else None
            offered = moved if isinstance(moved, dict) and moved.get("offer") else None
            return False
        return "At most about" in words(json.dumps(answer))

    if place is not None:
        wait_until(settled)
    return offered


def confirm(surface: Surface, ask: Ask, place: dict[str, Any]) -> str:
    """What the page says when the price is confirmed."""
    part = surface.fired_by("jobs-confirm")
    return words(json.dumps(ask(part, part.data(place=place), {"do": "confirm"})))


def started_here(surface: Surface, ask: Ask, name: str) -> str | None:
    """The id of a quick test that began on this machine, None where the way to it is closed."""
    place = with_example(surface, ask)
    quick = surface.fired_by("quick-test")
    started: str | None = None

    def settled() -> bool:
        nonlocal started
        answer = ask(quick, surface.filled(quick, {**HERE, "Name": name}, place), {"do": "click"})
        moved = surface.place(quick, answer) if answer else None
        started = moved.get("run") if isinstance(moved, dict) else None
        return answer is None or started is not None

    if place is not None:
        wait_until(settled)
    return started


def ordered(home: Path) -> set[str]:
    """The runs of all accounts: a price that is confirmed makes one before it is answered, and sends its job later."""
    return {path.parent.name for path in home.glob(".accounts/*/*/run.json")}


def delete(surface: Surface, ask: Ask, run_id: str) -> Any:
    """The answer to the button that deletes a run."""
    part = surface.fired_by("runs-part")
    return ask(part, part.data(), {"do": "delete", "run": run_id})


def runs_listed(surface: Surface, outsider: Outsider) -> str:
    """The list of runs as the page shows it to this client."""
    render = surface.named("render")
    answer = run(outsider, render, render.data(), session_hash=secrets.token_hex(6)).json()
    return words(str(surface.shown(render, "runs-part", answer)))
