"""Formats numbers, sizes and times for people."""

from __future__ import annotations

from datetime import UTC, datetime

from backend.data.text import count as count

MINUTE, HOUR, DAY = 60, 3600, 86400


def percent(value: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as `80.7 %`; a dash for None."""
    return "–" if value is None else f"{value * 100:.{digits}f} %"


def probability(value: float) -> str:
    """A probability from 0 to 1 as `97.3 %`, never as 100 % or 0 %, which it is not."""
    if value > 0.9995:
        return "over 99.9 %"
    return "under 0.1 %" if value < 0.0005 else percent(value)


def threshold(value: float) -> str:
    """A threshold from 0 to 1 as `99.95 %`, with all its digits, so that it can be copied."""
    return f"{100 * value:.10g} %"


def interval(low: float, high: float) -> str:
    """A confidence interval of shares as `73.8–93.0 %`."""
    return f"{low * 100:.1f}–{high * 100:.1f} %"


def duration(seconds: float | None) -> str:
    """A length of time as `8 s`, `2 min 5 s` or `1 h 4 min`."""
    if seconds is None:
        return "–"
    if 0 < seconds < 0.995:
        return f"{max(1, round(seconds * 1000))} ms"
    if 0 < seconds < 10:
        return f"{seconds:.1f} s"
    whole = max(0, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        minutes, rest = divmod(whole, MINUTE)
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    hours, rest = divmod(whole, HOUR)
    return f"{hours} h {rest // MINUTE} min"


def size(number: int) -> str:
    """A number of bytes as `284.6 MB`."""
    value = float(number)
    for unit in ("B", "KB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"


def when(iso: str, now: datetime | None = None) -> str:
    """A moment in UTC as `12 min ago`, `3 h ago`, or its date."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    passed = ((now or datetime.now(UTC)) - moment).total_seconds()
    if passed < MINUTE:
        return "just now"
    if passed < HOUR:
        return f"{int(passed // MINUTE)} min ago"
    if passed < DAY:
        return f"{int(passed // HOUR)} h ago"
    return f"{moment.day} {moment:%b %Y}"
