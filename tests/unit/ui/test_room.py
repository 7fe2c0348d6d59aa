from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import InputError
from ui.room import Allowance, Room


def test_what_lies_there_already_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "rows.csv").write_bytes(b"x" * 5_000)
    room = Room(tmp_path, Allowance(total=20_000))
    room.take(5_000, "ada")
    with pytest.raises(InputError, match="full"):
        room.take(15_000, "eve")


def test_each_owner_has_a_day_of_their_own(tmp_path: Path) -> None:
    room = Room(tmp_path, Allowance(daily=1_000_000))
    room.take(900_000, "ada")
    with pytest.raises(InputError, match="1 MB"):
        room.take(200_000, "ada")
    room.take(900_000, "eve")
    room.take(100_000, "ada")


def test_the_owner_of_a_machine_may_fill_it(tmp_path: Path) -> None:
    Room(tmp_path, Allowance()).take(10**15, "")
