from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import InputError
from ui.services.quota import Allowance, Quota


def test_what_lies_there_already_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "rows.csv").write_bytes(b"x" * 5_000)
    quota = Quota(tmp_path, Allowance(total=20_000))
    quota.take(5_000, "ada")
    with pytest.raises(InputError, match="full"):
        quota.take(15_000, "eve")


def test_each_owner_has_a_day_of_their_own(tmp_path: Path) -> None:
    quota = Quota(tmp_path, Allowance(daily=1_000_000))
    quota.take(900_000, "ada")
    with pytest.raises(InputError, match="1 MB"):
        quota.take(200_000, "ada")
    quota.take(900_000, "eve")
    quota.take(100_000, "ada")


def test_the_owner_of_a_machine_may_fill_it(tmp_path: Path) -> None:
    Quota(tmp_path, Allowance()).take(10**15, "")
