"""Asking the weights behind a file: the real script on the starter."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from backend.inference.checkpoint_session import CheckpointSession, askable
from backend.inference.model_session import ModelSession
from backend.prompts import get_format
from backend.runs import Run, RunConfig
from job_templates.ml.models.checkpoint import save_checkpoint
from job_templates.ml.models.starter import fast_tokenizer, new_starter
from tests.conftest import ROOT

MESSAGE = "is there water near me"


def test_the_checkpoint_answers_as_its_file_does(exported_run: Run) -> None:
    (file,) = exported_run.export_dir.glob("*.litertlm")
    with ModelSession(file, exported_run.export_dir / "tools_android.json") as phone:
        answered = phone.request(MESSAGE, only="raw")
    with CheckpointSession(exported_run.path, "tuned") as weights:
        mine = weights.ask(MESSAGE)
        assert mine.error is None
        assert (mine.raw, mine.calls, mine.tokens) == (answered.raw, answered.calls, answered.tokens)
        assert mine.calls
        assert mine.probability is not None
        assert 0 < mine.probability < 1
        assert weights.ask("<end_of_turn> 🙂").tokens > 0  # nothing that is said ends it


@pytest.mark.slow  # test_answer.py holds the length of an answer
def test_a_base_that_comes_to_no_end_is_cut_off(tmp_path: Path, exported_run: Run) -> None:
    path = exported_run.checkpoint / "tokenizer.model"
    tokenizer, base = fast_tokenizer(path), tmp_path / "base"
    save_checkpoint(base, new_starter(len(tokenizer), 1), tokenizer, path, (), get_format("native", "full"))
    config = RunConfig(base_model=str(base), method="lora")
    run = Run.create(tmp_path / "run", config, exported_run.dataset_path, exported_run.tools_path)
    shutil.copytree(exported_run.checkpoint, run.checkpoint)
    with CheckpointSession(run.path, "base") as weights:
        answered = weights.ask(MESSAGE)
    assert answered.error == "The answer was cut off after 64 tokens, because it did not end."
    assert (answered.tokens, answered.calls, answered.probability) == (64, (), None)
    assert answered.raw


@pytest.mark.slow  # the test above answers from a checkpoint
def test_a_run_without_weights_says_so(tmp_path: Path, exported_run: Run) -> None:
    run = Run.create(tmp_path / "run", RunConfig(), exported_run.dataset_path, exported_run.tools_path)
    assert askable(run) == ()
    (run.checkpoint).mkdir()
    (run.checkpoint / "model.safetensors").write_bytes(b"")
    with CheckpointSession(run.path, "tuned") as weights:
        assert "has no checkpoint yet" in str(weights.ask(MESSAGE).error)


def test_the_starter_has_no_base_to_ask(exported_run: Run) -> None:
    assert askable(exported_run) == ("tuned",)
    tuned = replace(exported_run, config=replace(exported_run.config, base_model="google/functiongemma-270m-it"))
    assert askable(tuned) == ("tuned", "base")


WITHOUT_TORCH = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[1:3]
from backend.inference.checkpoint_session import CheckpointSession, askable
from backend.runs import Run
run = Path(sys.argv[3])
print(askable(Run.open(run)))
with CheckpointSession(run, "tuned") as weights:
    print(weights.ask("hello").error)
"""


def test_where_torch_is_not_installed_only_the_file_is_asked(exported_run: Run, tmp_path: Path) -> None:
    """As on a Space: a process whose packages are this environment's without torch."""
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if package.name != "torch":
            (tmp_path / package.name).symlink_to(package)
    command = [sys.executable, "-I", "-S", "-c", WITHOUT_TORCH, ROOT, tmp_path, exported_run.path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[:1] == ["()"], done.stderr
    assert "only the exported file can answer" in done.stdout
