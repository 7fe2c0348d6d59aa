"""Uploads, and the key that names them, are whole after a kill or a full disk at any moment."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest

from tests.broken_disk import Kind
from tests.interrupted import ROWS, TOOLS, Case, break_off
from ui.services.uploads import DAYS, STORED_DAYS, STORED_SECONDS, UploadStore

pytestmark = pytest.mark.slow  # unit/runs/test_killed_and_full.py breaks off the writing of files
OLD_ROWS = b"user_message,tool_calls\nold,[]\n"


class AddDraft(Case):
    def before(self, root: Path) -> None:
        UploadStore(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def act(self, root: Path) -> object:
        given = root.parent / "test.csv"
        return UploadStore(root / ".uploads").add(ROWS, TOOLS, "rows.csv", test=given)

    def broken(self, root: Path) -> None:
        upload_store = UploadStore(root / ".uploads")
        contents = [upload_store.open(path.name).dataset.read_bytes() for path in _drafts(root)]
        assert contents.count(OLD_ROWS) == 1
        assert set(contents) <= {OLD_ROWS, ROWS}
        for path in _drafts(root):
            source = upload_store.open(path.name)
            assert source.tools.read_bytes() == TOOLS
            if source.dataset.read_bytes() == ROWS:
                assert source.test is not None
                assert source.test.read_bytes() == ROWS

    def done(self, root: Path) -> None:
        self.broken(root)
        assert len(_drafts(root)) == 2


class MakeKey(Case):
    KEY = b""

    def before(self, root: Path) -> None:
        (root / ".uploads").mkdir()

    def act(self, root: Path) -> object:
        return UploadStore(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def broken(self, root: Path) -> None:
        key = root / ".uploads/key"
        assert not key.exists() or key.stat().st_size in (32, len(self.KEY))

    def done(self, root: Path) -> None:
        assert (root / ".uploads/key").stat().st_size == 32
        assert (root / ".uploads/key").stat().st_mode & 0o077 == 0
        assert [UploadStore(root / ".uploads").open(path.name).dataset.read_bytes() for path in _drafts(root)] == [
            OLD_ROWS
        ]


class ReplaceKey(MakeKey):
    KEY = b"short"

    def before(self, root: Path) -> None:
        super().before(root)
        (root / ".uploads/key").write_bytes(self.KEY)


class SweepDrafts(Case):
    def before(self, root: Path) -> None:
        upload_store = UploadStore(root / ".uploads")
        upload_store.add(OLD_ROWS, TOOLS, "old.csv")
        aged = upload_store.folder / upload_store.add(ROWS, TOOLS, "rows.csv")
        date = time.strftime("%Y-%m-%d", time.gmtime())
        (upload_store.folder / DAYS).write_text(f"{STORED_DAYS + 1} {date}")
        long_ago = time.time() - 2 * STORED_SECONDS
        os.utime(aged, (long_ago, long_ago))

    def act(self, root: Path) -> object:
        return UploadStore(root / ".uploads").add(OLD_ROWS, TOOLS, "old.csv")

    def broken(self, root: Path) -> None:
        contents = [UploadStore(root / ".uploads").open(path.name).dataset.read_bytes() for path in _drafts(root)]
        assert contents.count(OLD_ROWS) == 1
        assert set(contents) <= {OLD_ROWS, ROWS}

    def done(self, root: Path) -> None:
        assert len(_drafts(root)) == 1


def _drafts(root: Path) -> list[Path]:
    return [path for path in (root / ".uploads").iterdir() if re.fullmatch(r"[0-9a-f]{24}", path.name)]


@pytest.mark.parametrize("kind", ["killed", "full", "read-only"])
@pytest.mark.parametrize(
    "case", [AddDraft(), MakeKey(), ReplaceKey(), SweepDrafts()], ids=lambda case: type(case).__name__
)
def test_broken_off_at_any_moment(case: Case, kind: Kind) -> None:
    break_off(case, kind)
