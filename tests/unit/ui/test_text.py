from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ui.html import text


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.038, "38 ms"),
        (4.26, "4.3 s"),
        (59.4, "59 s"),
        (125, "2 min 5 s"),
        (120, "2 min"),
        (1500, "25 min"),
        (3840, "1 h 4 min"),
    ],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float | None, shown: str) -> None:
    assert text.duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(12, "12 B"), (2_868_960, "2.9 MB"), (284_600_000, "284.6 MB"), (1_080_000_000, "1.08 GB")]
)
def test_sizes_are_told_in_decimal_units(number: int, shown: str) -> None:
    assert text.size(number) == shown


def test_shares_and_counts() -> None:
    assert (text.percent(0.8067), text.percent(None), text.interval(0.738, 0.93)) == ("80.7 %", "–", "73.8–93.0 %")
    assert (text.count(1, "row"), text.count(1942, "row")) == ("1 row", "1,942 rows")


@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2026-11-22T11:59:40.000+00:00", "just now"),
        ("2026-11-22T11:20:00+00:00", "40 min ago"),
        ("2026-11-22T03:00:00+00:00", "9 h ago"),
        ("2026-11-02T03:00:00", "2 Nov 2026"),
        ("no date", "no date"),
    ],
)
def test_moments_are_told_from_now(iso: str, shown: str) -> None:
    assert text.when(iso, datetime(2026, 11, 22, 12, 0, tzinfo=UTC)) == shown
