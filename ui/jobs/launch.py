"""Starts jobs: here at once, or on Hugging Face after the visitor confirmed the price."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from backend.errors import InputError
from backend.jobs import PIPELINE, SWEEP
from backend.jobs.huggingface import read_remote, write_order
from backend.runs import STARTER, Run, RunConfig
from backend.runs.hub import REPO_ID
from ui.page import Location, PageState
from ui.services import Order, workload

FOLLOWING = {"stop": (), "evaluate": ("evaluate",), "export": ("evaluate", "export")}


def refuse_folder(base_model: str) -> None:
    """Raises InputError unless the base is the starter or a Hub model; a job cannot read this machine's folders."""
    if base_model != STARTER and not REPO_ID.fullmatch(base_model):
        raise InputError(
            f"{base_model[:80]!r} is not the name of a model on the Hub. A job on Hugging Face cannot read a folder "
            "of this machine: enter USER/NAME, such as google/functiongemma-270m-it."
        )


def ask(page_state: PageState, order: Order) -> Location:
    """Request the price of an order; the returned location shows it."""
    services = page_state.services
    if services.identity.name is None:
        raise InputError("Log in with Hugging Face first: training runs on your own account there.")
    if page_state.report is None:
        raise InputError("The data is still being checked. Try again in a moment.")
    refuse_folder(order.config.base_model)
    key = secrets.token_hex(8)
    services.offers.ask(key, order, workload(page_state.report, order.config), services.identity)
    return replace(page_state.location, offer=key)


def confirm(page_state: PageState) -> Location:
    """Start the order whose price was shown, once; every further click opens the run that the first one started."""
    key = page_state.location.offer
    if key is None:
        return page_state.location
    with page_state.services.offers.confirming:
        run = page_state.services.offers.started.get(key) or _confirmed(page_state, key)
    return Location(run=run, step=page_state.location.step) if run else replace(page_state.location, offer=None)


def _confirmed(page_state: PageState, key: str) -> str | None:
    """The id of the run whose job was submitted; None if the offer is gone or not ready. Raises InputError."""
    services = page_state.services
    offer = services.offers.take(key, services.identity.page)
    if offer is None or not offer.ready or page_state.source is None:
        return None
    order = offer.order
    if order.run is None:
        run = _made(page_state, order.config, order.name)
    else:
        run = services.store.open(order.run)
    machine, seconds = offer.quote.flavor, offer.quote.timeout_seconds
    write_order(run, services.identity.name or "", machine.name, seconds, machine.price_per_hour)
    services.offers.started[key] = run.id
    services.send(run, order.job, order.flags)
    return run.id


def begin(
    page_state: PageState, run: Run, job: str, flags: Sequence[str] = (), minutes: float | None = None
) -> Location:
    """Start another job of a run, here or, after its price is confirmed, on Hugging Face. Raises InputError.

    `minutes` is the budget of a search.
    """
    remote = read_remote(run)
    if remote is None:
        page_state.services.runner.submit(run, job, flags)
        return page_state.location
    return ask(page_state, Order(run.config, run.name, remote.flavor, job, minutes, run.id, tuple(flags)))


def job_for(then: str) -> str:
    """The one job on Hugging Face that does the requested stages, because a container starts only once."""
    return "train" if then == "stop" else PIPELINE


def start_here(page_state: PageState, config: RunConfig, name: str, then: str, flags: Sequence[str] = ()) -> Location:
    """Create the run and queue its jobs in order; `then` is what follows the training, or the search for settings.

    `flags` are those of a search.
    """
    run = _made(page_state, config, name)
    page_state.services.runner.submit(run, *((SWEEP, flags) if then == SWEEP else ("train",)))
    for stage in FOLLOWING.get(then, ()):
        try:
            page_state.services.runner.submit(run, stage)
        except InputError:  # training runs anyway, and the stage's own step offers to start it
            break
    return Location(run=run.id, step="train")


def _made(page_state: PageState, config: RunConfig, name: str) -> Run:
    """A new run of the open data, with the settings that belong to the data. Raises InputError."""
    source = page_state.source
    assert source is not None
    of_data = replace(
        config,
        allow_multiple_calls=source.origin.allow_multiple_calls,
        allow_no_call=source.origin.allow_no_call,
        put_back=source.origin.put_back or None,
    )
    return page_state.services.store.create(of_data, source.dataset, source.tools, name, source.near_misses)
