"""The state of a job, as its supervisor writes it to stages/STAGE.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from backend.errors import InputError
from backend.files import read_json, write_json
from backend.locks import is_held
from backend.runs import Run

State = Literal["queued", "running", "completed", "failed", "cancelled", "lost"]
STATES: tuple[State, ...] = get_args(State)
SCHEMA = 1
LAST_SECOND = 2.0**40
"""The upper limit of a time in unix seconds: a larger number means a damaged file."""

LOST = (
    "The process that ran this job ended without a message: the machine restarted, or the process was killed. "
    "Start it again. Results of earlier stages are saved."
)


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job; times are unix seconds, `message` is a sentence for the user or empty.

    A `remote` job runs on another machine, so no lock here shows that it is active. The `number` counts the run's jobs
    in the order of submission, independent of the clock; `write_state` sets it.
    """

    state: State
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    message: str = ""
    remote: bool = False
    number: int = field(default=0, compare=False)

    @property
    def active(self) -> bool:
        """Whether the job waits or runs, so that its state will change again."""
        return self.state in ("queued", "running")


def write_state(run: Run, stage: str, state: JobState) -> None:
    """Write the state to the run's folder. Raises InputError if the disk is full, or the run was deleted."""
    numbered = replace(state, number=_number(run, stage, state))
    write_json(run.state_path(stage), {"schema": SCHEMA, "stage": stage, **asdict(numbered)})


def _number(run: Run, stage: str, state: JobState) -> int:
    """The job's number: the next one for a new job, else the number that it has."""
    before = _read(run, stage)
    begins = state.state == "queued" and (before is None or not before.active or not state.message)
    if before is not None and not begins:
        return before.number
    others = (_read(run, path.stem) for path in run.state_path(stage).parent.glob("*.json"))
    return 1 + max((other.number for other in others if other), default=0)


def read_state(run: Run, stage: str) -> JobState | None:
    """The state of a stage's job: None if none was ever started, `lost` if its supervisor died."""
    state = _read(run, stage)
    if state is None or not state.active or state.remote or is_held(run.lock_path(stage)):
        return state
    state = _read(run, stage)  # it may have ended between the two reads
    return replace(state, state="lost", message=LOST) if state and state.active else state


def _read(run: Run, stage: str) -> JobState | None:
    path = run.state_path(stage)
    if not path.exists():
        return None
    try:
        return _parsed(read_json(path))
    except InputError as error:
        return JobState("lost", message=f"{error} Start the stage again.")


def _parsed(record: dict[str, Any]) -> JobState:
    word, message, code = record.get("state"), record.get("message"), record.get("exit_code")
    number = record.get("number")
    if word not in STATES:
        raise InputError(f"The job's state {word!r} is not one of {', '.join(STATES)}.")
    return JobState(
        state=word,
        started=_seconds(record.get("started")),
        ended=_seconds(record.get("ended")),
        exit_code=code if isinstance(code, int) else None,
        message=message if isinstance(message, str) else "",
        remote=record.get("remote") is True,
        number=number if isinstance(number, int) else 0,
    )


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LAST_SECOND:
        return None
    return float(value)
