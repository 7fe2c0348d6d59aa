"""Data that was uploaded: found by its id alone, which nobody can work out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from backend.errors import InputError
from ui.drafts import GONE, Drafts

ROWS, TOOLS = b"user_message,tool_calls\n", b"[]"


def test_the_same_data_has_the_same_id_here_and_another_one_elsewhere(tmp_path: Path) -> None:
    here, there = Drafts(tmp_path / "here"), Drafts(tmp_path / "there")
    first = here.add(ROWS, TOOLS, "rows.csv")
    assert here.add(ROWS, TOOLS, "rows.csv") == first
    assert Drafts(tmp_path / "here").add(ROWS, TOOLS, "rows.csv") == first  # also after a restart
    assert there.add(ROWS, TOOLS, "rows.csv") != first
    assert hashlib.sha256(ROWS).hexdigest()[:24] != first
    assert (tmp_path / "here" / "key").stat().st_mode & 0o077 == 0


def test_an_id_is_only_looked_up_where_it_was_made(tmp_path: Path) -> None:
    mine, others = Drafts(tmp_path / "mine"), Drafts(tmp_path / "others")
    draft = others.add(ROWS, TOOLS, "rows.csv")
    for guess in (draft, f"../others/{draft}", "key", "", "..", "0" * 24):
        with pytest.raises(InputError, match="no longer kept"):
            mine.open(guess)
    assert GONE.startswith("These files")


def test_what_was_given_before_the_login_is_still_there_after_it(tmp_path: Path) -> None:
    before = Drafts(tmp_path / "everybody")
    draft = before.add(ROWS, TOOLS, "rows.csv")
    account = Drafts(tmp_path / "account", before=before)
    assert account.open(draft).dataset.read_bytes() == ROWS
    own = account.add(b"other", TOOLS, "rows.csv")
    with pytest.raises(InputError):
        before.open(own)
