from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.errors import InputError
from ui.guard import Limits, Uploads


def stored(uploads: Uploads, name: str = "rows.csv", content: bytes = b"x", folder: str = "a") -> str:
    path = uploads.folder / folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return str(path)


def test_a_file_belongs_to_each_browser_that_uploaded_it(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())
    path = stored(uploads)
    uploads.add([path], "ada", "1.1.1.1")
    assert uploads.owns("ada", path)
    assert not uploads.owns("eve", path)
    uploads.add([path], "eve", "2.2.2.2")
    assert uploads.owns("ada", path)
    assert uploads.owns("eve", path)
    assert not uploads.owns("ada", "/etc/passwd")
    assert not uploads.owns("ada", path + "/../rows.csv")


def test_a_file_of_another_kind_is_refused_and_removed(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())
    path = stored(uploads, "page.html")
    with pytest.raises(InputError, match=r"'page.html' is not accepted"):
        uploads.add([path], "ada", "1.1.1.1")
    assert not Path(path).exists()


def test_a_refused_name_of_the_same_content_deletes_no_other_file(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())
    path, same = stored(uploads), stored(uploads, "rows.exe")
    uploads.add([path], "ada", "1.1.1.1")
    with pytest.raises(InputError):
        uploads.add([same], "eve", "2.2.2.2")
    assert Path(path).exists()
    assert not Path(same).exists()


def test_a_partial_upload_counts_and_is_deleted_once_it_stalls(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits(total_bytes=100))
    with uploads.under_way():
        stalled, coming = (uploads.folder / name for name in ("tmp1", "tmp2"))
        stalled.write_bytes(b"x" * 60)
        assert uploads.refusal("1.1.1.1", 60)
        coming.write_bytes(b"x")
        os.utime(stalled, (0, 0))
        uploads.tidy()
        assert not stalled.exists()
        assert coming.exists()


def test_files_and_bytes_are_limited_per_address_and_in_total(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits(files=2, bytes=100, total_bytes=150))
    assert uploads.refusal("1.1.1.1", 100) is None
    assert "100" not in (uploads.refusal("1.1.1.1", 101) or "")
    assert uploads.refusal("1.1.1.1", 101)
    uploads.add([stored(uploads, content=b"x" * 60)], "", "1.1.1.1")
    assert uploads.refusal("1.1.1.1", 50)
    assert uploads.refusal("2.2.2.2", 50) is None
    assert "full" in (uploads.refusal("2.2.2.2", 95) or "")
    uploads.add([stored(uploads, "b.csv")], "", "1.1.1.1")
    assert "2 files" in (uploads.refusal("1.1.1.1", 0) or "")


def test_a_request_over_the_limit_stores_nothing(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits(files=3))
    before = stored(uploads, "before.csv")
    uploads.add([before], "ada", "1.1.1.1")
    many = [stored(uploads, folder=f"f{number}") for number in range(3)]
    with pytest.raises(InputError, match="3 files"):
        uploads.add([before, *many], "eve", "1.1.1.1")
    assert not any(Path(path).exists() for path in many)
    assert uploads.owns("ada", before)
    assert Path(before).exists()


def test_an_aborted_upload_is_deleted_unless_another_is_being_read(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())
    left = uploads.folder / "tmpabc"
    with uploads.under_way():
        with uploads.under_way():
            left.write_bytes(b"half")
        assert left.exists()
    assert not left.exists()
    assert uploads.refusal("1.1.1.1", 0) is None


def test_files_are_deleted_after_an_hour(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, Limits())
    assert Limits().stored_seconds == 3600
    path = stored(uploads)
    uploads.add([path], "ada", "1.1.1.1")
    stray = Path(stored(uploads, folder="stray"))
    os.utime(stray.parent, (0, 0))
    uploads.sweep()
    assert Path(path).exists()
    assert not stray.exists()
    brief = Uploads(tmp_path, Limits(stored_seconds=-1.0))
    ended = stored(brief)
    brief.add([ended], "ada", "1.1.1.1")
    brief.sweep()
    assert not Path(ended).exists()
    assert not brief.owns("ada", ended)


def test_the_folder_of_an_ended_process_is_deleted_and_that_of_a_running_one_stays(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from ui.guard import Limits, Uploads\n"
        "uploads = Uploads(Path(sys.argv[1]), Limits()); (uploads.folder / 'x').mkdir()\n"
        "print(uploads.folder, flush=True); os._exit(9)"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=False)
    dead = Path(done.stdout.strip())
    assert dead.is_dir()
    living = Uploads(tmp_path, Limits())
    assert not dead.exists()
    Uploads(tmp_path, Limits())
    assert living.folder.is_dir()
    living.close()
    assert not living.folder.exists()
