"""Where a job stands, as its supervisor writes it to stages/STAGE.json."""

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
"""No moment that is written here comes later: a larger number is a damaged one."""

LOST = (
    "The process that ran this job is gone without a word: the machine restarted, or it was killed. "
    "Start it again; what earlier stages finished is kept."
)


@dataclass(frozen=True, slots=True)
class JobState:
    """Where a job stands; times are unix seconds, `message` is a sentence for people, empty when all is said.

    A `remote` job lives on another machine: no lock here tells that it is alive, whoever watches it there does. The
    run's jobs are numbered as they are submitted, whatever the clock says; `write_state` gives the `number`.
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
        """Whether the job waits or works, so that its state will still change."""
        return self.state in ("queued", "running")


def write_state(run: Run, stage: str, state: JobState) -> None:
    """Write the state for the app to find; InputError where the disk is full, or the run was deleted."""
    numbered = replace(state, number=_number(run, stage, state))
    write_json(run.state_path(stage), {"schema": SCHEMA, "stage": stage, **asdict(numbered)})


def _number(run: Run, stage: str, state: JobState) -> int:
    """The job's number: the next one for a job that begins, else the one that it has."""
    before = _read(run, stage)
    begins = state.state == "queued" and (before is None or not before.active or not state.message)
    if before is not None and not begins:
        return before.number
    others = (_read(run, path.stem) for path in run.state_path(stage).parent.glob("*.json"))
    return 1 + max((other.number for other in others if other), default=0)


def read_state(run: Run, stage: str) -> JobState | None:
    """The state of a stage's job, None where none was ever started; `lost` where its supervisor died."""
    state = _read(run, stage)
    if state is None or not state.active or state.remote or is_held(run.lock_path(stage)):
        return state
    state = _read(run, stage)  # it may have ended between the two looks
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
