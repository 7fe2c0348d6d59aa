"""What export.py refuses before any work: a checkpoint that lacks something, and wishes that cannot be met."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backend.errors import InputError
from backend.runs import Run, RunConfig
from job_templates.ml.export.exporting import Request
from job_templates.ml.models.source import find_source


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "tokenizer.model").unlink(), "copy tokenizer.model from the base model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "has no weights"),
        (lambda folder: (folder / "config.json").unlink(), "has no model"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "llama"}'), "model of type 'llama'"),
        (lambda folder: (folder / "config.json").write_text("{"), "is damaged"),
        (shutil.rmtree, "There is no folder"),
    ],
)
def test_what_a_checkpoint_lacks_is_named(
    exported_run: Run, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    folder = tmp_path / "checkpoint"
    shutil.copytree(exported_run.checkpoint, folder)
    spoil(folder)
    with pytest.raises(InputError, match=re.escape(message)):
        find_source(str(folder))


def test_a_run_without_a_checkpoint_says_to_train_first(exported_run: Run, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", RunConfig(), exported_run.dataset_path, exported_run.tools_path)
    with pytest.raises(InputError, match="Train it first"):
        find_source(str(run.path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prefill": "256,x"}, "several such as 32,256"),
        ({"prefill": "0"}, "give a number of tokens"),
        ({"prefill": "2048"}, "more than the 1,024 tokens"),
        ({"prefill": "8192", "cache_length": "auto"}, "more than the 4,096 tokens"),
        ({"cache_length": "8"}, "from 32 to 32,768"),
        ({"cache_length": "some"}, "give auto"),
        ({"prefix": "../up"}, "do not begin with a dot"),
        ({"recipe": "int3"}, "Choose one of dynamic_int8"),
        ({"recipe": "static_wi8_ai8"}, "calibration"),
        ({"recipe": "dynamic_wi2c_afp32"}, "answers cannot be read"),
        ({"recipe": "dynamic_wi8b32_afp32"}, "in 32 bits"),
        ({"recipe": "dynamic_wi4_afp32"}, "do not end"),
        ({"recipe": "dynamic_int4"}, "Choose one of dynamic_int8"),
        ({"vocabulary": "klingon"}, "There is no language 'klingon' here"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_at_once(change: dict[str, Any], message: str) -> None:
    asked: dict[str, Any] = {
        "model": "x",
        "output": None,
        "prefix": None,
        "prefill": "256",
        "cache_length": "1024",
        "recipe": "none",
        "vocabulary": "auto",
    }
    with pytest.raises(InputError, match=re.escape(message)):
        Request.parse(**{**asked, **change})
