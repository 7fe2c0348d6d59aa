"""The report: what it says, its exit code, and what it never holds."""

from __future__ import annotations

import json
import pwd
import tomllib
from pathlib import Path

import pytest

from backend.doctor import Report, failed, passed, unknown
from backend.doctor.finding import Finding, Outcome, Stopped, check_all
from backend.doctor.packages import REQUIRED, version_lines
from backend.doctor.report import without_home
from backend.errors import InputError
from tests.conftest import ROOT

HOME, OTHER = "/".join(("", "home", "grace")), "/".join(("", "Users", "joan"))  # no path of a machine stands here
TOKEN = "hf_" + "aB3" * 12


class Quiet:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Finding] = []

    def doing(self, what: str) -> None:
        """Nothing."""

    def found(self, finding: Finding) -> None:
        self.told.append(finding)


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([passed("a", "b")], 0),
        ([passed("a", "b"), failed("a", "b", "c")], 1),
        ([unknown("a", "b"), failed("a", "b", "c")], 1),
        ([passed("a", "b"), unknown("a", "b")], 3),
        ([], 0),
    ],
)
def test_the_third_outcome_is_never_told_as_one_of_the_others(findings: list[Finding], code: int) -> None:
    assert Report([("Group", findings)]).exit_code == code


def test_neither_tokens_nor_names_nor_homes_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", HOME)
    monkeypatch.setenv("USER", "grace")
    said = f"ada, ada's and canada with {TOKEN} and other-secret in {HOME}/runs, /srv/grace/x, {OTHER}/y"
    long = "word " * 30 + f"{HOME}/a/very/long/name/that/reaches/far"
    report = Report(
        [
            (
                "Group",
                [failed("Login", said, "Delete https://hub/datasets/ada/fgt-doctor-1/settings."), passed("a", long)],
            )
        ],
        "ada",
        [TOKEN, "other-secret"],
    )
    for text in (report.text(), json.dumps(report.to_json())):
        for secret in (TOKEN, "other-secret", "ada,", "/ada/", "ada's", "grace", "joan"):
            assert secret not in text
        assert "canada" in text
        assert "datasets/ACCOUNT/fgt-doctor-1" in text
        assert "~/runs" in text


def test_the_report_can_be_pasted_into_an_issue() -> None:
    text = Report([("This machine", [failed("Disk", "It is full.", "Free some space.")])]).text()
    assert text.splitlines()[0].startswith("FunctionGemma Trainer 0.1.0")
    assert "Python 3." in text
    assert "gradio 6.31.0" in text
    assert "torch " in text
    assert "0 passed, 1 failed, 0 could not be checked." in text
    assert "  failed          Disk" in text
    assert "Next: Free some space." in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_check_that_breaks_could_not_check_and_ends_none_of_the_others() -> None:
    def broken() -> Finding:
        raise KeyError("what")

    def refused() -> Finding:
        raise InputError("It is not there. Make it.")

    quiet = Quiet()
    found = check_all([("one", broken), ("two", refused), ("three", lambda: passed("three", "yes"))], quiet)
    assert [one.outcome for one in found] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.PASSED]
    assert "KeyError" in found[0].seen
    assert found[1].seen == "It is not there. Make it."
    assert quiet.told == found


def test_whoever_watches_can_end_the_checks(tmp_path: Path) -> None:
    class Impatient(Quiet):
        def doing(self, _what: str) -> None:
            raise Stopped

    def never() -> Finding:
        (tmp_path / "done").touch()
        return passed("one", "")

    with pytest.raises(Stopped):
        check_all([("one", never)], Impatient())
    assert not (tmp_path / "done").exists()


def test_a_user_s_name_is_masked_in_paths_alone_and_no_folder_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "LOGNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4242)
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: pwd.struct_passwd(("joan", "x", 4242, 4242, "", "/srv/x", "")))
    monkeypatch.setenv("HOME", "/srv/grace")
    assert without_home("/mnt/joan/runs, /mnt/grace. /joanna/x joan /grace.d") == (
        "/mnt/USER/runs, /mnt/USER. /joanna/x joan /grace.d"
    )
    for user in ("tmp", "data", "ab", "root"):
        monkeypatch.setenv("USER", user)
        assert without_home(f"/{user}/x /var/{user}") == f"/{user}/x /var/{user}"


@pytest.mark.parametrize("width", [24, 36, 112])
def test_no_package_s_name_is_broken(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.doctor.report.WIDTH", width)
    text = Report([("Group", [passed("a", "b")])]).text()
    packages = " ".join(text.partition("Packages: ")[2].split())
    assert [line for line in version_lines() if line not in packages] == []


def test_the_required_python_is_the_project_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == REQUIRED
