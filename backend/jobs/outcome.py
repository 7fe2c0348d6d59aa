"""Why a job failed, read from the last lines that it printed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

MESSAGE_LIMIT = 4_000
CANCELLED = "Cancelled."
KILLED = "The system killed the job, most likely as memory ran out. Try a smaller batch size or shorter rows."


def told_reason(lines: Sequence[str]) -> str | None:
    """What the job's last `error: ` line says, up to the traceback; its last line where there is none; or None."""
    if own := error_line(lines):
        return own
    printed = [line.strip() for line in lines if line.strip()]
    return printed[-1][:MESSAGE_LIMIT] if printed else None


def error_line(lines: Sequence[str]) -> str | None:
    """What the job's last `error: ` line says, up to the traceback; None where there is none."""
    errors = [index for index, line in enumerate(lines) if line.startswith("error: ")]
    if not errors:
        return None
    told = takewhile(lambda line: not line.startswith("Traceback "), lines[errors[-1] :])
    return "\n".join(told).removeprefix("error: ").strip()[:MESSAGE_LIMIT]
