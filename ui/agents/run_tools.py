"""The tools for runs: estimate, start, status and cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import gradio as gr

from backend.errors import InputError
from backend.jobs.huggingface import DEFAULT_FLAVOR, Flavor
from backend.runs import STAGES, STARTER, Run, RunConfig
from ui.agents.desk import Desk, account, cut, data_state, listed, run_state, waited
from ui.agents.prices import confirmed, price
from ui.agents.results import evaluation_of, verification_of
from ui.jobs import HERE, JOBS, cancel_from, doing
from ui.page import Location, PageState
from ui.services import Services
from ui.train import OTHER, estimate_here, form_settings, setting_values, start

Then = Literal["stop", "evaluate", "export"]
Where = Literal["here", "jobs"]
LOG_CHARACTERS, MOST_LINES = 12_000, 400
NOT_HERE = "No jobs run on this server. Call this tool with where=jobs."
NO_SUCH_SETTING = "There is no setting {name!r}. There are {known}."
NOT_THEN = "Hugging Face has no queue of jobs: then must be stop or export."


class RunTools:
    """The tools; the methods' docstrings and arguments are what an agent reads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def estimate(
        self,
        request: gr.Request,
        data: str,
        base_model: str = STARTER,
        settings: dict[str, Any] | None = None,
        name: str = "",
        then: Then = "export",
        where: Where = "here",
        machine: str = DEFAULT_FLAVOR,
        minutes: float | None = None,
    ) -> str:
        """Estimate the time of a training, and for a job on Hugging Face its price. Nothing is started or spent.

        For where=jobs the answer has the highest cost, the machines that are offered, the checks of the account, and a
        confirmation. Show the cost to the user; start takes the confirmation only if the user agreed.

        Args:
            data: the id that import_data or fix returned, or `example`
            base_model: `starter` (a demo, not for shipping), or a Hub id such as google/functiongemma-270m-it
            settings: changed settings by name, such as {"epochs": 3, "declarations": "none"}
            name: a name for the run
            then: what follows the training: nothing, the evaluation, or the evaluation and the export
            where: `here` on the machine of the app, or `jobs` on Hugging Face, which costs money
            machine: the machine on Hugging Face
            minutes: the time limit of the job; without it, about twice the estimated time
        """

        def work(services: Services) -> dict[str, Any]:
            state = data_state(services, data)
            waited(state.check)
            config = _config(base_model, settings)
            if where == HERE:
                estimate = estimate_here(state, config)
                if estimate is None:
                    raise InputError(NOT_HERE)
                steps = {"steps": estimate.steps, "based_on_earlier_runs": estimate.calibrated}
                return {"state": "estimate", "seconds": round(estimate.seconds), **steps}
            account(services)
            if then == "evaluate":
                raise InputError(NOT_THEN)
            values = _values(config, name, then, where, machine, minutes)
            found = price(state, data, "start", lambda asking: start(asking, values))
            offered = waited(services.offers.machines(services.identity))
            return {**found, "machines": [_machine(one) for one in offered]}

        return self._desk.answer(request, work)

    def start(
        self,
        request: gr.Request,
        data: str,
        base_model: str = STARTER,
        settings: dict[str, Any] | None = None,
        name: str = "",
        then: Then = "export",
        where: Where = "here",
        confirmation: str = "",
    ) -> str:
        """Start a training and return the id of its run at once; call status until its stages are done.

        A job on Hugging Face costs money. It needs the confirmation of estimate, and the user's consent to the cost; it
        then runs with the arguments of that estimate.

        Args:
            data: the id that import_data or fix returned, or `example`
            base_model: `starter`, or a Hub id such as google/functiongemma-270m-it
            settings: changed settings by name
            name: a name for the run
            then: what follows the training: nothing, the evaluation, or the evaluation and the export
            where: `here`, or `jobs` on Hugging Face
            confirmation: the confirmation that estimate returned for the same data; needed for where=jobs
        """

        def work(services: Services) -> dict[str, Any]:
            state = data_state(account(services), data)
            if where == JOBS or confirmation:
                run = confirmed(state, data, "start", confirmation)
            else:
                if not services.identity.machine:
                    raise InputError(NOT_HERE)
                waited(state.check)
                run = start(state, _values(_config(base_model, settings), name, then, where, "", None)).run or ""
            return {"state": "started", "run": run, "page": Location(run=run, step="train").query}

        return self._desk.answer(request, work)

    def status(self, request: gr.Request, run: str = "", log_lines: int = 40) -> str:
        """Report a run: the state of each stage, its progress, the end of its log, and its results; or list the runs.

        A stage is none, queued, running, done, failed or cancelled. Wait at least 10 seconds between two calls.

        Args:
            run: the id of the run; empty lists the newest runs
            log_lines: the number of lines from the end of the log, at most 400
        """

        def work(services: Services) -> dict[str, Any]:
            if not run:
                runs = PageState(services, Location()).runs
                shown = [
                    {"run": one.id, "name": one.name, "base_model": one.base, "stage": one.stage, "state": one.state}
                    for one in listed(runs, 0)
                ]
                return {"runs": shown, "runs_in_all": len(runs)}
            state, found = run_state(services, run)
            return {
                "run": found.id,
                "name": found.name,
                "base_model": found.config.base_model,
                "stages": {name: _stage(state, name) for name in STAGES},
                "log": _log(state, found, log_lines),
                "evaluation": evaluation_of(state, found),
                "export": verification_of(state, found),
                "page": Location(run=found.id, step="train").query,
            }

        return self._desk.answer(request, work)

    def cancel(self, request: gr.Request, run: str) -> str:
        """Cancel the jobs of a run that are queued or running. What they saved stays.

        Args:
            run: the id of the run
        """

        def work(services: Services) -> dict[str, Any]:
            state, _ = run_state(account(services), run)
            return {"cancelling": cancel_from(state, STAGES[0])}

        return self._desk.answer(request, work)


def _config(base_model: str, settings: Mapping[str, Any] | None) -> RunConfig:
    """The settings of a run. Raises InputError if there is no such setting, or a value is not allowed."""
    known = [one.name for one in form_settings(RunConfig)]
    for name in settings or {}:
        if name not in known:
            raise InputError(NO_SUCH_SETTING.format(name=cut(str(name), 80), known=", ".join(known)))
    return RunConfig.from_dict({**(settings or {}), "base_model": base_model})


def _values(
    config: RunConfig, name: str, then: Then, where: Where, machine: str, minutes: float | None
) -> dict[str, Any]:
    """The values of the page's form with these settings."""
    base = {"name": name, "base": OTHER, "base_id": config.base_model, **setting_values(config)}
    return {**base, "then": then, "where": where, "machine": machine, "minutes": "" if minutes is None else minutes}


def _machine(flavor: Flavor) -> dict[str, Any]:
    return {"name": flavor.name, "label": flavor.label, "dollars_per_hour": flavor.price_per_hour}


def _stage(state: PageState, name: str) -> dict[str, Any]:
    """One stage: its state, and while it is active its progress."""
    view = state.stage(name)
    found: dict[str, Any] = {"state": view.state, "message": cut(view.message)}
    if view.active:
        last = view.progress
        found |= {"doing": doing(view), "fraction": view.fraction, "seconds_left": last.eta if last else None}
    return found


def _log(state: PageState, run: Run, lines: int) -> str:
    """The end of the log of the latest stage that has one."""
    for name in reversed(STAGES):
        if job := state.stage(name).job:
            printed, _ = state.services.runner.log(run, job)
            if printed:
                wanted = printed.splitlines()[-min(max(lines, 1), MOST_LINES) :]
                return "\n".join(wanted)[-LOG_CHARACTERS:]
    return ""
