"""How jobs are started: here at once, or on Hugging Face after its price was confirmed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from backend.errors import InputError
from backend.jobs import PIPELINE
from backend.jobs.huggingface import read_remote, write_order
from backend.jobs.workload import workload
from backend.runs import STARTER, Run, RunConfig
from backend.runs.hub.repository import REPO_ID
from ui.page.location import Place
from ui.page.state import Scene
from ui.services.quotes import Order

FOLLOWING = {"stop": (), "evaluate": ("evaluate",), "export": ("evaluate", "export")}


def refuse_folder(base_model: str) -> None:
    """InputError unless the base is the starter or a model of the Hub: elsewhere no folder of this machine is seen."""
    if base_model != STARTER and not REPO_ID.fullmatch(base_model):
        raise InputError(
            f"{base_model[:80]!r} is not the name of a model of the Hub. A job on Hugging Face cannot see a folder of "
            "this machine: write USER/NAME, such as google/functiongemma-270m-it."
        )


def ask(scene: Scene, order: Order) -> Place:
    """Have the price of an order found out; the place shows it when it is."""
    services = scene.services
    if services.identity.name is None:
        raise InputError("Log in with Hugging Face first: training runs on your own account there.")
    if scene.report is None:
        raise InputError("The data is still being checked. Try again in a moment.")
    refuse_folder(order.config.base_model)
    key = secrets.token_hex(8)
    services.offers.ask(key, order, workload(scene.report, order.config), services.identity)
    return replace(scene.place, offer=key)


def confirm(scene: Scene) -> Place:
    """Start the order whose price was shown, once; every further press leads to the run that the first one started."""
    key = scene.place.offer
    if key is None:
        return scene.place
    with scene.services.offers.confirming:
        run = scene.services.offers.started.get(key) or _confirmed(scene, key)
    return Place(run=run, step=scene.place.step) if run else replace(scene.place, offer=None)


def _confirmed(scene: Scene, key: str) -> str | None:
    """The id of the run whose job is on its way now; None where the offer is gone or not ready. InputError."""
    services = scene.services
    offer = services.offers.take(key, services.identity.page)
    if offer is None or not offer.ready or scene.source is None:
        return None
    order, source = offer.order, scene.source
    if order.run is None:
        run = services.store.create(_allowing(scene, order.config), source.dataset, source.tools, order.name)
    else:
        run = services.store.open(order.run)
    write_order(run, services.identity.name or "", offer.quote.flavor.name, offer.quote.timeout_seconds)
    services.offers.started[key] = run.id
    services.send(run, order.job, order.flags)
    return run.id


def begin(scene: Scene, run: Run, job: str, flags: Sequence[str] = ()) -> Place:
    """Start one more job of a run: here, or where the run lives, after its price was confirmed. InputError."""
    remote = read_remote(run)
    if remote is None:
        scene.services.runner.submit(run, job, flags)
        return scene.place
    return ask(scene, Order(run.config, run.name, remote.flavor, job, None, run.id, tuple(flags)))


def job_for(then: str) -> str:
    """The one job on Hugging Face that does what is wanted: a container is started once."""
    return "train" if then == "stop" else PIPELINE


def start_here(scene: Scene, config: RunConfig, name: str, then: str) -> Place:
    """Make the run, and put its jobs in line one behind the other."""
    assert scene.source is not None
    run = scene.services.store.create(_allowing(scene, config), scene.source.dataset, scene.source.tools, name)
    scene.services.runner.submit(run, "train")
    for stage in FOLLOWING[then]:
        try:
            scene.services.runner.submit(run, stage)
        except InputError:  # training is under way all the same, and the stage's own step offers to start it
            break
    return Place(run=run.id, step="train")


def _allowing(scene: Scene, config: RunConfig) -> RunConfig:
    """The settings with what the data's rows may hold."""
    assert scene.source is not None
    origin = scene.source.origin
    return replace(config, allow_multiple_calls=origin.allow_multiple_calls, allow_no_call=origin.allow_no_call)
