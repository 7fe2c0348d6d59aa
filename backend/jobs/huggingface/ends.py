"""The last state of a job on Hugging Face, with a message and the next step."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from huggingface_hub import JobInfo, JobStage, constants

from backend.jobs.huggingface.remote import Remote
from backend.jobs.logs import CANCELLED, KILLED, error_line, failure_reason
from backend.jobs.states import JobState
from backend.redact import redact

TOO_LATE = (
    "Cancelled: no machine became free before the end of your login. Nothing was billed. "
    "Log in again and start the job again."
)
TOO_LATE_STARTED = (
    "Cancelled: a machine became free only shortly before the end of your login. The job had just started, so about a "
    "minute may be billed. Log in again and start the job again."
)
LIMIT_WORDS = re.compile(r"time[sd]?[ -]?out|deadline|time limit|max(?:imum|\.)? (?:run ?time|duration)", re.IGNORECASE)
"""Likely phrases of the Hub for a reached time limit; the real message is not documented."""
LIMIT_TOLERANCE_SECONDS = 5.0
EXIT_CODE = re.compile(r"\bexit\D{0,24}?(-?\d{1,3})\b", re.IGNORECASE)
OUT_OF_MEMORY = re.compile(r"\bOOM|out of memory", re.IGNORECASE)
KILLED_CODES = (137, -9)


def outcome(
    info: JobInfo, remote: Remote, missing: Sequence[str] | str, lines: Sequence[str], *, too_late: bool = False
) -> JobState:
    """The last state of an ended job.

    `missing` are the results that it lacks, or the reason why they are unknown; `lines` are the last of its log;
    `too_late` is True if the app cancelled it in the queue, because its login ends too soon.
    """
    page = f"{constants.ENDPOINT}/{remote.results_repo}"
    match info.status.stage:
        case JobStage.CANCELED if too_late:
            return JobState("cancelled", message=TOO_LATE if info.started_at is None else TOO_LATE_STARTED)
        case JobStage.CANCELED:
            return JobState("cancelled", message=CANCELLED)
        case JobStage.DELETED:
            return JobState("failed", message=f"The job was deleted on Hugging Face. What it saved is at {page}.")
        case JobStage.COMPLETED if isinstance(missing, str):
            return JobState("failed", message=f"The job is done, but its results could not be downloaded. {missing}")
        case JobStage.COMPLETED if missing:
            names = ", ".join(missing)
            lack = f"The job ended without an error, but {page} lacks {names}. Start the job again."
            return JobState("failed", message=lack)
        case JobStage.COMPLETED:
            return JobState("completed", exit_code=0)
    message = redact(info.status.message or "").strip()
    return JobState("failed", exit_code=exit_code(message), message=_failure(info, message, remote, lines))


def exit_code(message: str) -> int | None:
    """The exit code in the Hub's message, None if it names none."""
    found = EXIT_CODE.search(message)
    return int(found[1]) if found else None


def _failure(info: JobInfo, message: str, remote: Remote, lines: Sequence[str]) -> str:
    """Why a job failed: its time limit, its own `error: ` line, the Hub's message, its last line, in this order."""
    if _reached_limit(info, message, remote.timeout_seconds):
        return (
            f"The job reached its time limit of {remote.timeout_seconds / 60:.0f} minutes and was stopped. What it "
            "saved is still there. Resume it with a longer limit."
        )
    if own := error_line(lines):
        return own
    if exit_code(message) in KILLED_CODES or OUT_OF_MEMORY.search(message):
        return KILLED
    last = failure_reason(lines)
    if not message:
        return last or "The job ended with an error and printed nothing. Start the job again."
    ended = f"Hugging Face says: {message.rstrip('.')}."
    return f"{ended} The last line of the job's log: {last}" if last else f"{ended} The job printed nothing."


def _reached_limit(info: JobInfo, message: str, timeout_seconds: float) -> bool:
    """Whether the limit ended the job: by the time that it ran, or by the Hub's words about a job that ran."""
    ran = ran_seconds(info)
    return ran is not None and (ran >= timeout_seconds - LIMIT_TOLERANCE_SECONDS or bool(LIMIT_WORDS.search(message)))


def ran_seconds(info: JobInfo) -> float | None:
    """The seconds that an ended job ran by the Hub's clock, None if it never started."""
    started, finished = seconds_of(info.started_at), seconds_of(info.finished_at)
    if started is not None and finished is not None:
        return finished - started
    reported = info.durations.running_secs if info.durations else None
    return reported if reported is not None or started is None else 0.0


def seconds_of(moment: datetime | None) -> float | None:
    """The moment in unix seconds."""
    return moment.timestamp() if moment else None
