"""What scripts/deploy sends, what it names and leaves, and what stops it before it asks the Hub for anything."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from scripts.space_files import select
from tests.conftest import ROOT
from tests.hub.checkouts import SPACE, Checkout, refused
from tests.hub.loopback import LoopbackHub
from tests.hub.space_card import front_matter

PICTURE = "docs/screenshot.png"
TOOLS = ("bash", "cat", "cksum", "dirname", "env", "flock", "grep", "sh")


def test_without_git_the_same_files_go(checkout: Checkout) -> None:
    """A kind of file that git tracks and KNOWN lacks, or the reverse, shows here."""
    tracked = select(checkout.root)
    shutil.rmtree(checkout.root / ".git")
    made_here = ("ui/__pycache__/text.cpython-311.pyc", "ui/page.pyi", "backend/.hidden/notes", "docs/.DS_Store")
    made_here += ("node_modules/x/index.js", "runs/20260101-000000-abcd/run.json", "ui/.env", "examples/.cache/x")
    for name in made_here:
        (checkout.root / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout.root / name).write_text("no file of the app")
    found = select(checkout.root)
    assert found.files == tracked.files
    assert [path for path, _ in found.left_out] == [path for path, _ in tracked.left_out] == [PICTURE]


def test_without_git_what_the_app_does_not_know_stays_and_is_named(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".git")
    private = ["backend/secrets.json", "docs/notes.txt", "docs/token", "examples/private.csv", "examples/tools2.json"]
    private += [
        "backend/data/users.csv",
        "job_templates/key.pem",
        "ui/static/users.csv",
        "ui/users.js",
        "backend/hub/cookie.svg",
        "docs/\udcff.md",
    ]
    for name in private:
        (checkout.root / name).write_text("private")
    done = checkout.deploy_apart(SPACE, "--dry-run")
    assert done.returncode == 0, done.stderr
    left_out = re.findall(r"^left out: (.*) \(not a known file of the app\)$", done.stdout, re.MULTILINE)
    assert sorted(left_out) == sorted([*private[:-1], "docs/?.md", PICTURE])
    assert "private" not in {file.content.decode() for file in select(checkout.root).files}


def test_what_git_does_not_track_stays_and_is_named(checkout: Checkout) -> None:
    for name in ("backend/secrets.json", "ui/new.py", "notes.txt", "ui/page.pyi"):
        (checkout.root / name).write_text("SECRET = 1\n")
    done = checkout.deploy(SPACE, "--dry-run")
    left_out = re.findall(r"^left out: (.*) \(not tracked by git\)$", done.stdout, re.MULTILINE)
    assert left_out == ["backend/secrets.json", "ui/new.py"]


@pytest.fixture
def no_git(tmp_path: Path) -> Path:
    """A PATH that holds what the script runs, without git."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path / "bin"


def test_a_missing_git_is_told(checkout: Checkout, no_git: Path) -> None:
    refused(checkout.deploy_apart(SPACE, "--dry-run", path=no_git), "git is not installed", "Install git")


def test_a_git_that_does_not_answer_is_told(checkout: Checkout) -> None:
    shutil.rmtree(checkout.root / ".git")
    (checkout.root / ".git").write_text("gitdir: nowhere\n")
    done = checkout.deploy(SPACE, "--dry-run")
    assert done.returncode == 1
    assert "error: git cannot list the files of " in done.stderr


def test_every_page_that_a_deployed_page_links_to_is_there() -> None:
    files = {file.path: file.content for file in select().files}
    links = re.compile(r"!?\[[^\]\n]*\]\((?!\w+:|#)([^)#\s]+)[^)]*\)")
    broken = [
        f"{path}: {link}"
        for path, content in files.items()
        if path.endswith(".md")
        for link in links.findall(content.decode())
        if str((ROOT / path).parent.joinpath(link).resolve().relative_to(ROOT)) not in files
    ]
    assert broken == []
    readme = files["README.md"].decode()
    assert re.findall(r"scripts/\w*", readme) == []
    assert "## Start\n\nThis Space runs the app already. The scripts, " in readme
    assert front_matter(readme) == front_matter((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ui/static/icon.png", b"\x89PNG\0", "is binary"),
        ("backend/table.csv", b"a" * 10_000_001, "is larger than"),
    ],
)
def test_what_a_space_does_not_take_is_no_part_of_the_app(
    checkout: Checkout, name: str, content: bytes, reason: str
) -> None:
    (checkout.root / name).write_bytes(content)
    checkout.git("add", name)
    refused(checkout.deploy(SPACE, "--dry-run"), reason, name)


def test_a_link_out_of_the_checkout_is_not_followed(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    (checkout.root / "ui/secret.txt").symlink_to(tmp_path / "secret")
    checkout.git("add", "ui/secret.txt")
    refused(checkout.deploy(SPACE, "--dry-run"), "ui/secret.txt is a link")


def test_half_a_checkout_is_told(checkout: Checkout) -> None:
    (checkout.root / "package-lock.json").unlink()
    refused(checkout.deploy(SPACE, "--dry-run"), "lacks package-lock.json", "git restore package-lock.json")
    shutil.rmtree(checkout.root / ".git")
    refused(checkout.deploy(SPACE, "--dry-run"), "lacks package-lock.json, which a Space needs")


def test_a_tracked_file_that_is_missing_stops_it(checkout: Checkout, hub: LoopbackHub, ada: str) -> None:
    (checkout.root / "ui/html/text.py").unlink()
    shutil.rmtree(checkout.root / "examples")
    refused(
        checkout.deploy(SPACE, token=ada), "lacks examples/README.md, ", "ui/html/text.py, which git tracks", "git rm"
    )
    assert hub.trace == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("app.py", "import os\nimport (\n", "app.py, line 2: Python cannot read it: "),
        ("backend/conflict.py", "<<<<<<< HEAD\n", "backend/conflict.py, line 1: "),
        ("ui/late.py", "A = 1\nreturn 1\n", "ui/late.py, line 2: "),
        ("ui/newer.py", "type A = int\n", "ui/newer.py, line 1: "),
        ("ui/lost.py", "import os\nfrom ui.html.nowhere import a\n", "ui/lost.py, line 2: it imports ui.html.nowhere"),
        ("ui/lost.py", "def f():\n    import backend.nowhere\n", "ui/lost.py, line 2: it imports backend.nowhere"),
    ],
)
@pytest.mark.parametrize("git", [True, False], ids=["git", "no-git"])
def test_what_cannot_start_is_not_sent(
    checkout: Checkout, hub: LoopbackHub, ada: str, name: str, text: str, told: str, git: bool
) -> None:
    (checkout.root / name).write_text(text)
    checkout.git("add", name)
    if not git:
        shutil.rmtree(checkout.root / ".git")
    refused(checkout.deploy(SPACE, token=ada), told, "then try again")
    assert hub.trace == []


def test_an_import_that_git_does_not_track_stops_it(checkout: Checkout) -> None:
    checkout.git("rm", "--cached", "--quiet", "ui/html/text.py")
    refused(checkout.deploy(SPACE, "--dry-run"), "it imports ui.html.text, which is not among the files")
