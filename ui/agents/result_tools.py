"""The tools for results: evaluate, export, predict and kit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import gradio as gr

from backend.device import AUTO, DEFAULT_RECIPE, kit_of_run
from backend.errors import InputError
from backend.jobs.huggingface import read_remote
from backend.runs import Run
from ui.agents.desk import WAIT_SECONDS, Desk, account, cut, run_state
from ui.agents.prices import confirmed, price
from ui.agents.results import comparison_of, evaluation_of, verification_of
from ui.export import MADE, USUAL_PREFILL, read_options
from ui.jobs import begin
from ui.page import Location, PageState
from ui.playground import prediction
from ui.services import Services

Stage = Literal["evaluate", "export"]
KIT_CHARACTERS = 200_000
UNTRAINED = "The run is not trained yet. Call status and wait until train is done."
STARTED = "Call status with this run until the stage {stage} is done or failed."


class ResultTools:
    """The tools; the methods' docstrings and arguments are what an agent reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def evaluate(self, request: gr.Request, run: str, again: bool = False, confirmation: str = "") -> str:
        """Return the evaluation of a run on its held-out rows; if there is none, start it.

        The evaluation has the accuracy with its 95 % interval, the verdict, each tool, the calls on off-topic messages,
        advice, and some wrong rows. Never report an accuracy without its interval. For a run on Hugging Face that has
        no evaluation, a price with a confirmation is returned first; ask the user before you pass it.

        Args:
            run: the id of the run
            again: evaluate again although there is an evaluation
            confirmation: the confirmation that this tool returned with the price; only for a run on Hugging Face
        """

        def work(services: Services) -> dict[str, Any]:
            return _result_or_start(services, run, "evaluate", (), confirmation, again, evaluation_of)

        return self._desk.answer(request, work)

    def export(
        self,
        request: gr.Request,
        run: str,
        weights: str = DEFAULT_RECIPE,
        context: str = AUTO,
        vocabulary: str = AUTO,
        again: bool = False,
        confirmation: str = "",
    ) -> str:
        """Return the exported .litertlm file of a run with its verification; if there is none, start the export.

        Hand over only a file whose verdict is passed. For a run on Hugging Face that has no file, a price with a
        confirmation is returned first; ask the user before you pass it.

        Args:
            run: the id of the run
            weights: dynamic_int8, weight_only_int8, dynamic_int4_block32 or none
            context: the tokens that prompt and answer share, or auto
            vocabulary: auto (languages of the rows), full, or languages such as en,es
            again: export again although there is a file
            confirmation: the confirmation that this tool returned with the price; only for a run on Hugging Face
        """

        def work(services: Services) -> dict[str, Any]:
            flags = read_options(weights, context, USUAL_PREFILL, vocabulary)
            return _result_or_start(services, run, "export", flags, confirmation, again, verification_of)

        return self._desk.answer(request, work)

    def compare_runs(self, request: gr.Request, runs: list[str]) -> str:
        """Compare two to six evaluated runs on the held-out rows that all of them have in common.

        Each run is held against the best by McNemar's test. `verdict` says which run is better, or that they are not
        told apart and about how many held-out rows would tell. Report the verdict, not only the accuracies.

        Args:
            runs: the ids of the runs
        """

        def work(services: Services) -> dict[str, Any]:
            return comparison_of(services, runs)

        return self._desk.answer(request, work)

    def predict(self, request: gr.Request, run: str, message: str) -> str:
        """Ask the exported file of a run, and return the calls that the phone would make. Nothing carries them out.

        Args:
            run: the id of the run
            message: what a user of the app would say, at most 2,000 characters
        """

        def work(services: Services) -> dict[str, Any]:
            state, _ = run_state(services, run)
            return prediction(state, message)

        return self._desk.answer(request, work)

    def kit(self, request: gr.Request, run: str) -> str:
        """Return the files of the Android kit of an exported run: Kotlin code, the tools, and a README with the steps.

        `downloads` are addresses below the app's own: the kit and an Android project as zip files.

        Args:
            run: the id of the run
        """

        def work(services: Services) -> dict[str, Any]:
            _, found = run_state(services, run)
            files = {name: cut(content, KIT_CHARACTERS) for name, content in kit_of_run(found).items()}
            return {"files": files, "downloads": [f"runs/{found.id}/{name}" for name in MADE if name.endswith(".zip")]}

        return self._desk.answer(request, work)


def _result_or_start(
    services: Services,
    run_id: str,
    stage: Stage,
    flags: Sequence[str],
    confirmation: str,
    again: bool,
    result: Callable[[PageState, Run], dict[str, Any] | None],
) -> dict[str, Any]:
    """The stage's result, or its state while it is active; else start it, on Hugging Face after its price."""
    state, run = run_state(services, run_id)
    if state.stage(stage).active:
        return {"state": state.stage(stage).state, "next": STARTED.format(stage=stage)}
    if state.has(stage) and not again and not confirmation:
        return {"state": "done", **(result(state, run) or {})}
    account(services)
    if not state.has("train"):
        raise InputError(UNTRAINED)
    if read_remote(run) is None:
        begin(state, run, stage, flags)
    elif not confirmation:
        return price(state, run.id, stage, lambda asking: _begun(asking, run, stage, flags))
    else:
        confirmed(state, run.id, stage, confirmation)
    return {"state": "started", "next": STARTED.format(stage=stage)}


def _begun(asking: PageState, run: Run, stage: Stage, flags: Sequence[str]) -> Location:
    """The location with the price of the stage, once the run's data is checked."""
    if asking.check:
        asking.check.done.wait(WAIT_SECONDS)
    return begin(asking, run, stage, flags)
