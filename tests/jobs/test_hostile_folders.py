"""Folders of models that somebody else made, damaged or hostile: one plain error, before any long work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from backend.errors import InputError
from backend.prompts import get_format
from backend.records import Tool
from backend.runs import RunConfig
from backend.tokens import train_starter_tokenizer
from job_templates.ml.models.base import pretrained_base, with_adapter
from job_templates.ml.models.checkpoint import save_adapter, save_checkpoint
from job_templates.ml.models.loading import format_of, load_tuned
from job_templates.ml.models.source import find_source
from job_templates.ml.models.starter import fast_tokenizer, new_starter
from tests.jobs.damaged_folders import CONFIGS, FILES, OUTSIDE, changed

ROOT = Path(__file__).resolve().parents[2]
FORMAT = get_format("native", "none")
TOOLS = (Tool("stop", "Stops.", {"type": "object", "properties": {}}),)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that is well."""
    folder = tmp_path_factory.mktemp("made")
    path = train_starter_tokenizer(["stop it now", "call:stop{why:"], folder / "tokenizer")
    tokenizer = fast_tokenizer(path)
    save_checkpoint(folder / "checkpoint", new_starter(len(tokenizer), 1), tokenizer, path, (), FORMAT)
    return folder / "checkpoint"


@pytest.fixture
def checkpoint(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "checkpoint"))


@pytest.mark.parametrize("kind", {**CONFIGS, **FILES})
def test_a_base_that_cannot_be_used_is_told_in_one_sentence(checkpoint: Path, tmp_path: Path, kind: str) -> None:
    {**CONFIGS, **FILES}[kind](checkpoint)
    with pytest.raises(InputError) as raised:
        pretrained_base(str(checkpoint), tmp_path / "work")
    assert "\n" not in str(raised.value)
    assert checkpoint.name in str(raised.value)
    assert ". " in str(raised.value) or "not a JSON object" in str(raised.value), "it does not say what to do next"


@pytest.mark.parametrize("kind", {**CONFIGS, **FILES})
def test_a_model_that_cannot_be_used_is_told_in_one_sentence(checkpoint: Path, kind: str) -> None:
    {**CONFIGS, **FILES}[kind](checkpoint)
    with pytest.raises(InputError) as raised:
        load_tuned(find_source(str(checkpoint)), ())
    assert "\n" not in str(raised.value)


def test_a_model_that_is_well_is_loaded(checkpoint: Path, tmp_path: Path) -> None:
    assert pretrained_base(str(checkpoint), tmp_path / "work").tokenizer_model == checkpoint / "tokenizer.model"
    fmt = load_tuned(find_source(str(checkpoint)), ()).fmt
    assert fmt.prompt(TOOLS, "x") == FORMAT.prompt(TOOLS, "x")


def test_links_within_a_folder_of_the_hubs_cache_are_followed(checkpoint: Path, tmp_path: Path) -> None:
    model = tmp_path / "models--eve--base"
    (model / "blobs").mkdir(parents=True)
    snapshot = model / "snapshots" / "0a1b"
    snapshot.mkdir(parents=True)
    for path in checkpoint.iterdir():
        path.rename(model / "blobs" / path.name)
        (snapshot / path.name).symlink_to(Path("../../blobs") / path.name)
    assert pretrained_base(str(snapshot), tmp_path / "work").model.config.num_hidden_layers == 3


ADAPTERS: dict[str, dict[str, Any]] = {
    "modules to import": {"auto_mapping": {"base_model_class": "system", "parent_library": "os"}},
    "a core to import": {"megatron_config": {"a": 1}, "megatron_core": "os"},
    "layers again and again": {"layer_replication": [[0, 10**9]]},
    "another kind": {"peft_type": "PROMPT_TUNING"},
    "a rank of words": {"r": "many"},
    "a huge rank": {"r": 10**9},
    "an alpha of nothing": {"lora_alpha": float("nan")},
    "a base that is a list": {"base_model_name_or_path": ["a"]},
    "a base that is nowhere": {"base_model_name_or_path": "./nowhere"},
    "targets that are none": {"target_modules": ["nothing_here"]},
}


@pytest.fixture(scope="module")
def made_adapter(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that is well."""
    folder = tmp_path_factory.mktemp("made-adapter")
    base = pretrained_base(str(made), folder / "work")
    adapter = folder / "adapter"
    save_adapter(adapter, with_adapter(base.model, RunConfig(base_model=str(made), lora_r=2)), "x")
    base.tokenizer.save_pretrained(adapter)
    assert load_tuned(find_source(str(adapter)), ()).tokenizer is not None
    return adapter


@pytest.mark.parametrize("kind", [*ADAPTERS, "a pickle", "cut off"])
def test_an_adapter_that_cannot_be_used_is_told_in_one_sentence(made_adapter: Path, tmp_path: Path, kind: str) -> None:
    adapter = Path(shutil.copytree(made_adapter, tmp_path / "adapter"))
    weights = adapter / "adapter_model.safetensors"
    if kind == "a pickle":
        weights.rename(adapter / "adapter_model.bin")
    elif kind == "cut off":
        weights.write_bytes(weights.read_bytes()[:200])
    else:
        changed("adapter_config.json", **ADAPTERS[kind])(adapter)
    with pytest.raises(InputError) as raised:
        load_tuned(find_source(str(adapter)), ())
    assert "\n" not in str(raised.value)


LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}"
SILENT = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
TEMPLATES = {
    "a loop": (LOOP, "was cut off after|takes too much memory"),
    "a loop that says nothing": (SILENT, "was cut off after"),
    "a huge string": ("{{ 'x' * 10000000000 }}", "takes too much memory"),
    "a huge list": ("{% set a = ['x' * 99999] * 9999999999 %}", "takes too much memory"),
    "huge filters": ("{{ ('x' * 999999999)|center(9999999999) }}", "was cut off after|takes too much memory"),
}


@pytest.fixture
def tokenizer(made: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of the checkpoint, whose template a test changes."""
    return fast_tokenizer(made / "tokenizer.model")


@pytest.mark.parametrize("kind", TEMPLATES)
def test_a_template_that_does_not_end_is_cut_off(tokenizer: PreTrainedTokenizerFast, kind: str) -> None:
    tokenizer.chat_template, told = TEMPLATES[kind]
    with pytest.raises(InputError, match=told):
        format_of(tokenizer, (), seconds=2.0 if "was cut off" in told else 60.0)


OTHER_FAULTS = ("{{ raise_exception('no') }}", "{{ a.b.c }}", "{{ [][9] }}")
"""They fail as a division by zero does, while the template is rendered."""


@pytest.mark.parametrize(
    "template", ["{{ 1 / 0 }}", "{% oops", "x", *(pytest.param(text, marks=pytest.mark.slow) for text in OTHER_FAULTS)]
)
def test_a_template_with_a_fault_is_none_of_ours(tokenizer: PreTrainedTokenizerFast, template: str) -> None:
    tokenizer.chat_template = template
    fmt = format_of(tokenizer, ())
    assert (fmt.name, fmt.prompt(TOOLS, "x")) == ("native", get_format("native", "full").prompt(TOOLS, "x"))


DATA = ["--dataset", str(ROOT / "examples/hiking.csv"), "--tools", str(ROOT / "examples/tools.json")]
COMMANDS = {
    "train.py": [*DATA, "--base-model", "{model}", "--output-repo", "{out}"],
    "evaluate.py": [*DATA, "--model", "{model}"],
    "export.py": ["--model", "{model}", "--output-repo", "{out}"],
}
DAMAGED = ("weights cut off", "a wide model", "an empty tokenizer", OUTSIDE)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        # The same way out of each command, cli.run; the tests above hold what each kind is told.
        pytest.param(name, kind, marks=() if (name, kind) == ("train.py", DAMAGED[0]) else pytest.mark.slow)
        for name in COMMANDS
        for kind in DAMAGED
    ],
)
def test_each_command_ends_with_one_line_and_no_traceback(
    checkpoint: Path, tmp_path: Path, name: str, kind: str
) -> None:
    {**CONFIGS, **FILES}[kind](checkpoint)
    arguments = [part.format(model=checkpoint, out=tmp_path / "out") for part in COMMANDS[name]]
    done = subprocess.run(
        [sys.executable, str(ROOT / "job_templates" / name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_TOKEN": ""},
    )
    assert done.returncode == 1, name
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert checkpoint.name in lines[0]


def test_the_base_of_an_adapter_of_the_hub_is_no_folder(tmp_path: Path) -> None:
    from job_templates.ml.models.adapter_check import base_name

    for name in ("/etc", "./x", "~/x", str(tmp_path), "a/b/c"):
        (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": name}), "utf-8")
        assert base_name(tmp_path, local=True) == name
        with pytest.raises(InputError, match="base model on the Hub"):
            base_name(tmp_path, local=False)
