"""The states of a run's stages, derived from its jobs and its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from backend.jobs import STAGES_OF, JobState, Runner
from backend.runs import STAGES, Event, EventLog, Run, latest_try, own_file
from ui.services.exports import exported

Word = Literal["none", "queued", "running", "done", "failed", "cancelled"]
JOB_WORDS: dict[str, Word] = {
    "queued": "queued",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "lost": "failed",
}
PHASES = {
    "evaluate": {
        "tuned": "The tuned model answers",
        "base": "The base model answers",
        "off-topic": "The tuned model answers off-topic messages",
    },
    "export": {
        "load": "Reading the checkpoint",
        "round": "Rounding the weights by training rows",
        "convert": "Converting to LiteRT",
        "quantize": "Quantizing",
        "package": "Packing the file",
        "verify": "Answering held-out rows and off-topic messages with the file",
    },
}
"""The phases of each stage in their order, with their names on the page."""
EVENT_WORDS: dict[str, Word] = {"started": "running", "done": "done", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a run; `job` is the job that its log and its Cancel belong to: the stage's own, or a joint one."""

    stage: str
    state: Word = "none"
    message: str = ""
    started: float | None = None
    ended: float | None = None
    job: str = ""
    events: tuple[Event, ...] = ()

    @property
    def active(self) -> bool:
        """Whether the stage waits or runs."""
        return self.state in ("queued", "running")

    @property
    def progress(self) -> Event | None:
        """The latest step or progress event, None before the first."""
        return next((event for event in reversed(self.events) if event.kind in ("step", "progress")), None)

    @property
    def phases(self) -> dict[str, str]:
        """The titles of the stage's phases by name; a probe comes last, once it has begun."""
        known = PHASES.get(self.stage, {})
        seen = [event.phase for event in self.events if event.phase] if known else []
        return {**known, **{phase: f"Probe: {phase}" for phase in seen if phase not in known}}

    @property
    def fraction(self) -> float | None:
        """The share of the stage that is done, from 0 to 1; None if unknown."""
        last = self.progress
        within = _share(last) if last else None
        phases = tuple(PHASES.get(self.stage, {}))
        if last is None or within is None or last.phase not in phases:
            return within
        return (phases.index(last.phase) + within) / len(phases)


def _share(event: Event) -> float | None:
    done, total = (event.step, event.steps) if event.kind == "step" else (event.done, event.total)
    return done / total if done is not None and total else None


def stage_views(run: Run, runner: Runner) -> dict[str, StageView]:
    """Every stage of the run, by name."""
    events = events_at(run.metrics_path, stamp(run.metrics_path))
    joint = {name: state for name in STAGES_OF if (state := runner.state(run, name))}
    views = {stage: _view(run, stage, runner.state(run, stage), joint, latest_try(events, stage)) for stage in STAGES}
    for name, job in joint.items():
        views = _with_its_end(views, name, job)
    return views


def stamp(path: Path) -> tuple[int, int]:
    """A file's modification time and size, which change if it is written; zeros if it does not exist."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=16)
def events_at(path: Path, _stamp: tuple[int, int]) -> tuple[Event, ...]:
    """The events in a run's metrics, read again only if the stamp differs; thinned out if there are very many."""
    return _log(path).read()


@lru_cache(maxsize=16)
def _log(path: Path) -> EventLog:
    return EventLog(path)


def _view(
    run: Run, stage: str, job: JobState | None, joint: Mapping[str, JobState], events: Sequence[Event]
) -> StageView:
    """The stage by the newest job that does it: its own, or a joint one of several stages."""
    jobs = [("", job), *((name, state) for name, state in joint.items() if stage in STAGES_OF[name])]
    name, newest = max(jobs, key=lambda pair: _rank(pair[1]) if pair[1] else NEVER)
    if newest is None or not name:
        return _from_job(run, stage, job, events)
    return _from_joint(stage, name, newest, events)


NEVER = (False, -1, 0.0)


def _rank(state: JobState) -> tuple[bool, int, float]:
    """The order of jobs: by their number, or by time for jobs of earlier versions, which have no number."""
    return state.active, state.number, state.ended or state.started or 0.0


def _from_job(run: Run, stage: str, job: JobState | None, events: Sequence[Event]) -> StageView:
    if job is None:  # run by a command, without a runner
        return StageView(stage, "done" if has_result(run, stage) else "none", events=tuple(events))
    current = [] if job.state == "queued" else events
    return StageView(stage, JOB_WORDS[job.state], job.message, job.started, job.ended, stage, tuple(current))


def _from_joint(stage: str, name: str, job: JobState, events: Sequence[Event]) -> StageView:
    """A stage inside a job of several stages, whose state is in the stage's own events."""
    last = next((event for event in reversed(events) if event.kind == "stage"), None)
    word: Word = EVENT_WORDS.get(str(last.state), "none") if last else "none"
    message = (last.message or "") if last else ""
    if word == "none" and job.active:
        word, message = "running" if events and job.state == "running" else "queued", job.message
    elif word == "running" and job.active:
        message = message or job.message
    elif word == "running" and not job.active:
        word, message = JOB_WORDS[job.state], job.message
    started = events[0].time if events else job.started
    ended = events[-1].time if events and word not in ("queued", "running") else None
    return StageView(stage, word, message, started, ended, name, tuple(events))


def _with_its_end(views: dict[str, StageView], name: str, job: JobState) -> dict[str, StageView]:
    """The views, with a joint job's failure that no stage reports shown at the first stage that is not done.

    Such a job ended before its first stage, between two stages, or while it saved their results.
    """
    word = JOB_WORDS[job.state]
    own = [view for view in views.values() if view.job == name]
    if job.active or word == "done" or not own or any(_broke_in(view, job) for view in own):
        return views
    broken = next((view for view in own if view.state != "done"), own[-1])
    return {**views, broken.stage: replace(broken, state=word, message=job.message, ended=job.ended)}


def _broke_in(view: StageView, job: JobState) -> bool:
    """Whether the stage itself reports its failure in this job, and not in an earlier one."""
    return view.state in ("failed", "cancelled") and (view.ended or 0.0) >= (job.started or 0.0)


def has_result(run: Run, stage: str) -> bool:
    """Whether the run has a result of the stage."""
    match stage:
        case "train":
            return _has(run, "checkpoint/model.safetensors") or _trained_elsewhere(run)
        case "evaluate":
            return _has(run, "evaluation.json")
        case _:
            return exported(run) is not None


def _has(run: Run, name: str) -> bool:
    return own_file(run.path, name) is not None


def _trained_elsewhere(run: Run) -> bool:
    """Whether the weights are on the Hub: then the run has a training summary and a record of its repository."""
    return _has(run, "training.json") and _has(run, "remote.json")
