"""skills/functiongemma-trainer: its form, and its commands run in their order in a copy of the checkout.

A command that would spend money is parsed and not run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.device import Result, Verification
from backend.runs import read_json
from job_templates import answer, doctor, evaluate, export, pipeline, train, validate
from tests.conftest import ROOT
from tests.hub.checkouts import NOTE, checkout_at
from tests.hub.loopback import LoopbackHub
from tests.hub.space_card import front_matter

SKILL = ROOT / "skills" / "functiongemma-trainer"
PARSERS = {
    f"job_templates/{module.__name__.rpartition('.')[2]}.py": module.parser
    for module in (answer, doctor, evaluate, export, pipeline, train, validate)
}
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((references/\w+\.md)\)")
LOCAL_NOTE = NOTE.replace("requirements.txt ", "requirements-local.txt ", 1)
BASE = "google/functiongemma-270m-it"
FEW = "--max-examples 40 --epochs 1"
MOST_LINES, LONGEST_DESCRIPTION = 500, 1_024
"""Limits of Anthropic's description of agent skills."""


def _commands(name: str) -> list[str]:
    """The commands of a document, in their order."""
    text = (SKILL / name).read_text(encoding="utf-8")
    return [line for block in BLOCK.findall(text) for line in block.splitlines()]


DOCUMENTS = ["SKILL.md", *sorted(f"references/{path.name}" for path in (SKILL / "references").iterdir())]
WRITTEN = [command for name in DOCUMENTS for command in _commands(name)]


def test_the_front_matter_is_that_of_a_skill() -> None:
    text = (SKILL / "SKILL.md").read_text(encoding="utf-8")
    card = front_matter(text)
    assert set(card) == {"name", "description", "license"}
    assert card["name"] == SKILL.name
    assert 100 < len(card["description"]) <= LONGEST_DESCRIPTION
    assert "Use when" in card["description"]
    assert not set("<>") & set(card["description"])
    assert text.count("\n") < MOST_LINES


def test_the_skill_leads_to_each_of_its_files_and_to_nothing_else() -> None:
    linked = set(LINK.findall((SKILL / "SKILL.md").read_text(encoding="utf-8")))
    assert linked == set(DOCUMENTS) - {"SKILL.md"}
    text = "\n".join((SKILL / name).read_text(encoding="utf-8") for name in DOCUMENTS)
    named = set(re.findall(r"(?:job_templates|examples|scripts|docs)/[\w-]+\.?\w+", text))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("written", WRITTEN)
def test_every_command_is_one_that_there_is(written: str) -> None:
    words = shlex.split(written)
    scripts = [at for at, word in enumerate(words) if word in PARSERS]
    for at in scripts:
        PARSERS[words[at]]().parse_args(words[at + 1 :])
    if "jobs" in words:
        assert words[words.index("jobs") : scripts[0]] == _job_in_the_readme()
    assert scripts or words[0] in ("bash", ".venv/bin/hf") or words[1] == "-c"


def _job_in_the_readme() -> list[str]:
    """The words of the README's `hf jobs` command before its script; test_by_hand.py runs that command."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"^hf jobs uv run (?:.*\\\n)*.*$", readme, re.MULTILINE)
    words = shlex.split(written.replace("\\\n", " "))
    return words[1 : words.index("job_templates/train.py")]


@pytest.mark.parametrize("document", ["remedies.md", "results.md"])
def test_every_flag_and_key_that_a_reference_names_exists(document: str) -> None:
    text = (SKILL / "references" / document).read_text(encoding="utf-8")
    known = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    keys = "".join((ROOT / f"docs/{name}.md").read_text(encoding="utf-8") for name in ("evaluation", "verification"))
    assert [flag for flag in re.findall(r"--[a-z][a-z-]+", text) if flag not in known] == []
    named = re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE)
    assert [part for name in named for part in name.split(".") if f"`{part}`" not in keys] == []


@dataclass(frozen=True)
class Copy:
    """A copy of the checkout whose .venv is this process's Python, marked as installed."""

    root: Path
    environment: dict[str, str]

    def bash(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the skill has it."""
        return subprocess.run(
            ["bash", "-c", command],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def copy(hub: LoopbackHub, tmp_path: Path) -> Copy:
    root = checkout_at(tmp_path / "checkout").root
    (root / ".venv/bin/hf").symlink_to(Path(sys.executable).with_name("hf"))
    if (ROOT / "node_modules").is_dir():
        shutil.copytree(ROOT / "node_modules", root / "node_modules", symlinks=True)
    subprocess.run(["bash", "-c", LOCAL_NOTE], cwd=root, check=True)
    token = hub.world.add_user("ada")
    environment = {name: value for name, value in os.environ.items() if name != "HF_HUB_DISABLE_XET"}
    return Copy(root, {**environment, "HF_TOKEN": token, "HF_HOME": str(tmp_path / "home"), "NO_COLOR": "1"})


@pytest.mark.slow  # the commands' own tests: tests/jobs; their arguments: above
def test_the_skill_leads_to_a_verified_file(copy: Copy, hub: LoopbackHub) -> None:
    """The checkpoint of the trial takes the place of the base that is gated; fewer rows are asked for."""
    for command in _commands("SKILL.md"):
        if BASE in command:
            trial = copy.root / "runs/trial/checkpoint"
            files = {str(path.relative_to(trial)): path.read_bytes() for path in trial.rglob("*") if path.is_file()}
            hub.world.add_repo(BASE, files)
            command = f"{command} {FEW}"
        done = copy.bash(command)
        said = done.stdout + done.stderr
        if "export.py" in command:  # an export of so few steps may fail its checks, and says so
            assert re.search(r"verification (passed|failed)", said), said
            assert done.returncode == ("verification failed" in said)
        elif "doctor.py" in command:
            failed = re.findall(r"^  failed +(.+?)  ", said, re.MULTILINE)
            assert set(failed) <= {"Browser runtime"}, said  # a machine without npm has none
        else:
            assert done.returncode == 0, f"{command}\n{said}"
        if "answer.py" in command:
            assert '"calls"' in done.stdout.splitlines()[1]
    trial = Verification.read(copy.root / "runs/trial/export/verification.json")
    assert trial.verdict == Result.PASSED, trial.reason
    assert read_json(copy.root / "runs/first/evaluation.json")["verdict"]["state"]
    assert (copy.root / "my-data/android-project.zip").stat().st_size > 10_000


@pytest.mark.slow  # tests/hub/test_doctor.py holds the check, test_by_hand.py such a job
def test_the_free_commands_on_hugging_face_run(copy: Copy, hub: LoopbackHub) -> None:
    (copy.root / "my-data").mkdir()
    shutil.copy(ROOT / "examples/hiking.csv", copy.root / "my-data/rows.csv")
    for command in _commands("references/huggingface.md"):
        if "--spend" in command or "hf jobs" in command:
            continue
        done = copy.bash(command.replace("USER/", "ada/"))
        assert done.returncode in ((0, 1, 3) if "doctor.py" in command else (0,)), done.stdout + done.stderr
    stored = hub.world.repos["dataset", "ada/DATA"]
    assert stored.private
    assert "train.csv" in stored.commits[-1][1]
