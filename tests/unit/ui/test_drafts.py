"""Data that was uploaded: found by its id alone, which nobody can work out."""

from __future__ import annotations

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from backend.errors import InputError
from ui.services.uploads import GONE, Origin, UploadStore

ROWS, TOOLS = b"user_message,tool_calls\n", b"[]"


def test_the_same_data_has_the_same_id_here_and_another_one_elsewhere(tmp_path: Path) -> None:
    here, there = UploadStore(tmp_path / "here"), UploadStore(tmp_path / "there")
    first = here.add(ROWS, TOOLS, "rows.csv")
    assert here.add(ROWS, TOOLS, "rows.csv") == first
    assert UploadStore(tmp_path / "here").add(ROWS, TOOLS, "rows.csv") == first  # also after a restart
    assert there.add(ROWS, TOOLS, "rows.csv") != first
    assert hashlib.sha256(ROWS).hexdigest()[:24] != first
    assert (tmp_path / "here" / "key").stat().st_mode & 0o077 == 0


def test_an_id_is_only_looked_up_where_it_was_made(tmp_path: Path) -> None:
    mine, others = UploadStore(tmp_path / "mine"), UploadStore(tmp_path / "others")
    draft = others.add(ROWS, TOOLS, "rows.csv")
    for guess in (draft, f"../others/{draft}", "key", "", "..", "0" * 24):
        with pytest.raises(InputError, match="no longer stored"):
            mine.open(guess)
    assert GONE.startswith("These files")


def test_what_was_given_before_the_login_is_still_there_after_it(tmp_path: Path) -> None:
    before = UploadStore(tmp_path / "everybody")
    draft = before.add(ROWS, TOOLS, "rows.csv")
    account = UploadStore(tmp_path / "account", before=before)
    assert account.open(draft).dataset.read_bytes() == ROWS
    own = account.add(b"other", TOOLS, "rows.csv")
    with pytest.raises(InputError):
        before.open(own)


@pytest.mark.parametrize("cut", [b"", b"x" * 31, b"x" * 33], ids=["empty", "short", "long"])
def test_a_key_of_the_wrong_length_is_replaced_and_what_was_kept_is_found(tmp_path: Path, cut: bytes) -> None:
    draft = UploadStore(tmp_path).add(ROWS, TOOLS, "rows.csv")
    (tmp_path / "key").write_bytes(cut)
    again = UploadStore(tmp_path)
    other = again.add(b"other", TOOLS, "rows.csv")
    key = (tmp_path / "key").read_bytes()
    assert len(key) == 32
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert again.open(draft).dataset.read_bytes() == ROWS
    assert again.open(other).dataset.read_bytes() == b"other"
    assert UploadStore(tmp_path).add(b"other", TOOLS, "rows.csv") == other


@pytest.mark.parametrize("name", ["rows.csv", "tools.json", "draft.json", "test/t.csv"])
def test_a_draft_that_was_cut_short_is_made_whole_by_the_next_upload(tmp_path: Path, name: str) -> None:
    test = tmp_path / "t.csv"
    test.write_bytes(ROWS)
    upload_store = UploadStore(tmp_path / "kept")
    draft = upload_store.add(ROWS * 20, TOOLS, "rows.csv", test=test)
    cut = upload_store.folder / draft / name
    cut.write_bytes(cut.read_bytes()[:-2])
    assert upload_store.add(ROWS * 20, TOOLS, "rows.csv", test=test) == draft
    found = upload_store.open(draft)
    assert found.dataset.read_bytes() == ROWS * 20
    assert found.tools.read_bytes() == TOOLS
    assert found.test is not None
    assert found.test.read_bytes() == ROWS


def test_near_misses_and_what_was_put_back_are_part_of_the_data(tmp_path: Path) -> None:
    store = UploadStore(tmp_path)
    plain = store.open(store.add(ROWS, TOOLS, "rows.csv"))
    assert (plain.near_misses, plain.origin.put_back) == (None, "")
    with_both = store.open(store.add_changed(plain, near_misses=b"fun", origin=Origin(put_back="boats,music")))
    assert with_both.near_misses is not None
    assert with_both.near_misses.read_bytes() == b"fun"
    assert with_both.origin.put_back == "boats,music"
    assert with_both.dataset.read_bytes() == ROWS
    fixed = store.open(store.add_changed(with_both, dataset=b"fixed"))
    assert fixed.dataset.read_bytes() == b"fixed"
    assert fixed.near_misses is not None
    assert fixed.near_misses.read_bytes() == b"fun"
    assert fixed.origin == with_both.origin
    assert store.add_changed(with_both, near_misses=None, origin=Origin()) == plain.dataset.parent.name
    assert store.open(store.add(ROWS, TOOLS, "near_misses.txt")).name == "dataset.csv"


def _age(folder: Path, seconds: float) -> None:
    moment = time.time() - seconds
    os.utime(folder, (moment, moment))


def _use(upload_store: UploadStore, days: int) -> None:
    """Add data on so many days."""
    for day in range(days):
        count = (upload_store.folder / ".days").read_text().split()[0]
        (upload_store.folder / ".days").write_text(f"{count} 2020-01-{day + 1:02d}")
        upload_store.add(b"of the day", TOOLS, "day.csv")


@pytest.mark.parametrize("seconds", [365 * 86400, -365 * 86400])
def test_a_clock_that_was_set_wrong_by_a_year_removes_nothing(tmp_path: Path, seconds: float) -> None:
    upload_store = UploadStore(tmp_path)
    draft = upload_store.add(ROWS, TOOLS, "rows.csv")
    _age(tmp_path / draft, seconds)
    _use(upload_store, 3)
    assert upload_store.open(draft).dataset.read_bytes() == ROWS


@pytest.mark.parametrize("seconds", [8 * 86400, -365 * 86400])
def test_what_is_a_week_old_goes_after_seven_days_of_use(tmp_path: Path, seconds: float) -> None:
    upload_store = UploadStore(tmp_path)
    draft = upload_store.add(ROWS, TOOLS, "rows.csv")
    _age(tmp_path / draft, seconds)
    _use(upload_store, 7)
    with pytest.raises(InputError):
        upload_store.open(draft)
    assert not (tmp_path / draft).exists()


def test_what_is_given_again_is_kept_on(tmp_path: Path) -> None:
    upload_store = UploadStore(tmp_path)
    draft = upload_store.add(ROWS, TOOLS, "rows.csv")
    _age(tmp_path / draft, 8 * 86400)
    _use(upload_store, 6)
    assert upload_store.add(ROWS, TOOLS, "rows.csv") == draft
    _use(upload_store, 3)
    assert upload_store.open(draft).dataset.read_bytes() == ROWS


def test_drafts_of_an_earlier_version_are_counted_from_now_on(tmp_path: Path) -> None:
    upload_store = UploadStore(tmp_path)
    draft = upload_store.add(ROWS, TOOLS, "rows.csv")
    (tmp_path / draft / ".days").unlink()
    _age(tmp_path / draft, 8 * 86400)
    _use(upload_store, 6)
    assert upload_store.open(draft).dataset.read_bytes() == ROWS
    _use(upload_store, 3)
    with pytest.raises(InputError):
        upload_store.open(draft)


def test_many_who_give_the_same_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: UploadStore(tmp_path).add(ROWS * 1000, TOOLS, "rows.csv"), range(40)))
    assert len(ids) == 1
    assert UploadStore(tmp_path).open(ids.pop()).dataset.read_bytes() == ROWS * 1000
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == [".days", ".key.lock"]
