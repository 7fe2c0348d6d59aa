"""What a run is made of and what it took: data, settings, calls on off-topic messages, file size, time and cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from backend.errors import InputError
from backend.jobs import Runner
from backend.jobs.huggingface import Remote, read_remote
from backend.runs import Run, RunConfig
from backend.scoring import Evaluation, Rate
from ui.services.exports import exported
from ui.services.stages import StageView

LONGEST_NAME, DIGITS = 100, 8


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts of a run; what is not known is None.

    `rows` counts the rows of the data; `data_digits` and `tools_digits` are the first digits of the SHA-256 of the data
    and of tools.json. `size` is in bytes. `seconds` is the time of the latest training, evaluation and
    export together. `cost` is about what its latest jobs on Hugging Face cost in US dollars: their time at the price of
    the machine; it is None without such jobs. `false_calls` is the rate of calls on off-topic messages.
    """

    config: RunConfig
    dataset: str
    rows: int | None
    data_digits: str
    tools_digits: str
    size: int | None
    seconds: float | None
    cost: float | None
    false_calls: Rate | None

    @classmethod
    def of(cls, run: Run, views: Iterable[StageView], runner: Runner, evaluation: Evaluation | None) -> RunFacts:
        """Reads the facts from a run's folder."""
        name, rows = run.data.get("dataset_name"), run.data.get("rows")
        times = [seconds for view in views if (seconds := _seconds(view)) is not None]
        return cls(
            config=run.config,
            dataset=name[:LONGEST_NAME] if isinstance(name, str) else "",
            rows=rows if isinstance(rows, int) and not isinstance(rows, bool) and rows >= 0 else None,
            data_digits=_digits(run, "dataset_sha256"),
            tools_digits=_digits(run, "tools_sha256"),
            size=_size(run),
            seconds=sum(times) if times else None,
            cost=_cost(run, runner),
            false_calls=evaluation.off_topic.calls if evaluation and evaluation.off_topic else None,
        )


def _digits(run: Run, name: str) -> str:
    value = run.data.get(name)
    return value[:DIGITS] if isinstance(value, str) else ""


def _size(run: Run) -> int | None:
    try:
        file = exported(run)
    except OSError:  # an unreadable folder, which the Export step reports
        return None
    return file.size if file else None


def _seconds(view: StageView) -> float | None:
    """The time of an ended stage; of a stage that a command ran, from its first event to its last."""
    if view.active:
        return None
    times = [event.time for event in view.events if event.time is not None]
    started = view.started if view.started is not None else min(times, default=None)
    ended = view.ended if view.ended is not None else max(times, default=None)
    return ended - started if started is not None and ended is not None and ended >= started else None


def _cost(run: Run, runner: Runner) -> float | None:
    """The cost of the ended jobs; None if there is none, or if the price or a time is not known."""
    remote = _remote(run)
    if remote is None or remote.price_per_hour is None:
        return None
    states = [state for job in remote.jobs if (state := runner.state(run, job)) and not state.active]
    times = [state.ended - state.started for state in states if state.started is not None and state.ended is not None]
    if not times or len(times) < len(states):
        return None
    return max(0.0, sum(times)) * remote.price_per_hour / 3600


def _remote(run: Run) -> Remote | None:
    try:
        return read_remote(run)
    except InputError:  # the Train step reports the damaged record
        return None
