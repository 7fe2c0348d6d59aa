"""docs/library.md: its blocks, run in their order in a process of their own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.device import Result, Verification
from tests.exported import ROOT

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENT = ROOT / "docs" / "library.md"


def _blocks(*, heavy: bool) -> list[str]:
    """The blocks of the document; without `heavy`, those before the training."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return BLOCK.findall(text if heavy else text.partition("## Train")[0])


def _ran(blocks: list[str], folder: Path) -> str:
    """What the blocks print, in a folder with the example set."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    script = folder / "blocks.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_data_is_checked_and_fixed_as_the_document_says(tmp_path: Path) -> None:
    blocks = _blocks(heavy=False)
    assert len(blocks) == 4
    printed = _ran(blocks, tmp_path)
    assert printed.startswith("True 980 ")
    assert (tmp_path / "fixed.csv").read_text(encoding="utf-8").count("\n") == 981


@pytest.mark.slow  # tests/jobs/test_train.py, test_export.py and tests/unit/device hold the parts
def test_the_whole_document_runs_in_order(tmp_path: Path) -> None:
    printed = _ran(_blocks(heavy=True), tmp_path)
    run = tmp_path / "hiking"
    verification = Verification.read(run / "export" / "verification.json")
    assert verification.verdict == Result.PASSED, verification.reason
    assert verification.file in printed
    assert json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["rows"] == 60
    stages = re.findall(r'"stage": "(\w+)", "state": "(\w+)"', (run / "metrics.jsonl").read_text(encoding="utf-8"))
    assert {("train", "done"), ("evaluate", "done"), ("export", "done")} <= set(stages)
    assert (tmp_path / "FunctionGemma.kt").is_file()
