"""What the documentation says of the commands is what the commands say of themselves."""

from __future__ import annotations

import re
import subprocess

import pytest

from scripts.commands_doc import COMMANDS, DOCUMENT, ROOT, help_text
from tests.unit.test_architecture import ORDER

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _settled(text: str) -> str:
    """The part after the usage line, without line breaks: what is the same in every version of argparse."""
    return " ".join(text.partition("\n\n")[2].split())


@pytest.fixture(scope="module")
def helps() -> dict[str, str]:
    return {command: help_text(command) for command in COMMANDS}


def test_every_command_is_documented_as_it_is(helps: dict[str, str]) -> None:
    sections = re.split(r"^## (\w+)\.py$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    written = dict(zip(sections[::2], sections[1::2], strict=True))
    assert list(written) == list(COMMANDS)
    for command, text in helps.items():
        documented = written[command].strip().removeprefix("```\n").removesuffix("\n```")
        assert _settled(documented) == _settled(text), f"{command}.py changed: run python scripts/commands_doc.py"


def test_no_command_is_left_out() -> None:
    scripts = {path.stem for path in (ROOT / "job_templates").glob("*.py")} - {"__init__", "cli", "worker_process"}
    assert scripts == set(COMMANDS)


def test_every_flag_in_the_readme_exists(helps: dict[str, str]) -> None:
    run = subprocess.run([ROOT / "scripts/run", "--help"], capture_output=True, text=True, check=True).stdout
    test = re.findall(r"^    (--\w+)\)", (ROOT / "scripts/test").read_text(encoding="utf-8"), re.MULTILINE)
    known = {*FLAG.findall(run + "".join(helps.values())), *test}
    ours = README.replace("\\\n", "").splitlines()
    text = "\n".join(line.partition("job_templates/")[2] if line.startswith("hf ") else line for line in ours)
    assert set(FLAG.findall(text)) <= known


def test_every_file_that_the_readme_names_exists() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    named = re.findall(r"(?:job_templates|examples|scripts|docs|benchmarks)/[\w.-]+\.?\w+", README)
    missing = [name for name in {*links, *named} if not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("document", ["SECURITY.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_a_document_names_only_what_is_there(document: str) -> None:
    """Such as the code that keeps a promise, and the test that holds it."""
    text = (ROOT / document).read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:ui|backend|job_templates|tests|scripts)/[\w/.]*)`", text))
    assert len(named) > 10
    assert (
        sorted(name for name in named if not (ROOT / name).exists()) == ["job_templates/NAME.py"][: "CONTR" in document]
    )


def test_the_rooms_are_those_that_a_test_holds() -> None:
    told = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for package, levels in ORDER.items():
        (cell,) = re.findall(rf"^\| `{package.replace('.', '/')}` \| (.*) \|$", told, re.MULTILINE)
        rooms = [name for level in levels for name in level.split()]
        found = [room for room in re.findall(r"[a-z_]+", cell) if room in rooms]
        assert found == rooms
        assert set(re.findall(r"`([a-z_]+)`", cell)) == set(rooms)
