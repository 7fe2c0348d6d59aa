from __future__ import annotations

from pathlib import Path

from ui.services.identity import EndedLogins


def test_a_login_that_ended_stays_ended_after_a_restart_and_no_token_is_written(tmp_path: Path) -> None:
    path = tmp_path / "ended.json"
    EndedLogins(path).add("hf_oauth_secret")
    assert "hf_oauth_secret" in EndedLogins(path)
    assert "another" not in EndedLogins(path)
    assert "secret" not in path.read_text(encoding="utf-8")


def test_a_damaged_file_and_a_disk_that_takes_nothing_keep_nobody_logged_in(tmp_path: Path) -> None:
    path = tmp_path / "ended.json"
    path.write_text("[", encoding="utf-8")
    ended = EndedLogins(path)
    path.unlink()
    path.mkdir()
    ended.add("token")
    assert "token" in ended
