"""Which precision a training takes, and that every one of them learns the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from backend.errors import InputError
from backend.runs import read_json
from job_templates.ml.models.device import Precision, choose_precision, cpu_has_bf16, hold_weights_in, precision_on
from job_templates.train import main
from tests.jobs.conftest import ROOT
from tests.jobs.test_trainer import steps, tiny_trainer
from tests.jobs.tiny_gemma import tiny_gemma


def test_a_cpu_takes_bfloat16_where_it_has_it_and_what_is_wanted_anywhere() -> None:
    assert choose_precision().bf16 == cpu_has_bf16()
    assert [choose_precision(name).name for name in ("float32", "bfloat16")] == ["float32", "bfloat16"]
    assert {choose_precision(name).answers for name in ("auto", "float32", "bfloat16")} == {torch.float32}


def test_a_cpu_has_bfloat16_and_float32_and_says_that_it_has_no_float16() -> None:
    assert precision_on("cpu", "bfloat16") == Precision("cpu", bf16=True, fp16=False)
    assert precision_on("cpu", "float32") == Precision("cpu", bf16=False, fp16=False)
    with pytest.raises(InputError, match="a machine with a GPU"):
        precision_on("cpu", "float16")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="finds no GPU"):
        precision_on("cuda", "float16")


def test_weights_in_bfloat16_answer_as_transformers_loads_them(tmp_path: Path) -> None:
    model = tiny_gemma(512, seed=0, vocabulary=60, spread=0.2).eval()
    model.save_pretrained(tmp_path)
    loaded = type(model).from_pretrained(tmp_path, dtype=torch.bfloat16).eval()
    ids = torch.arange(900)[None] % 60
    with torch.inference_mode():
        expected = loaded(ids).logits
        assert torch.equal(hold_weights_in(model, torch.bfloat16)(ids).logits, expected)


def test_float32_products_are_rounded_only_while_a_cpu_trains_in_bfloat16() -> None:
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined] # torch puts an object in the module's place
    before = settings.fp32_precision
    with choose_precision("float32").rounding():
        assert settings.fp32_precision == before
    with choose_precision("bfloat16").rounding():
        assert settings.fp32_precision == "bf16"
    assert settings.fp32_precision == before


def test_a_training_in_bfloat16_follows_one_in_float32(tmp_path: Path) -> None:
    exact, rounded = tiny_trainer(60, tmp_path / "exact"), tiny_trainer(60, tmp_path / "rounded", bf16=True)
    exact.train()
    rounded.train()
    for ours, wanted in zip(steps(rounded), steps(exact), strict=True):
        assert ours["loss"] == pytest.approx(wanted["loss"], rel=5e-3)
    assert steps(rounded)[0]["grad_norm"] == pytest.approx(steps(exact)[0]["grad_norm"], rel=5e-2)
    assert steps(rounded)[-1]["loss"] != steps(exact)[-1]["loss"]
    assert {part.dtype for part in rounded.model.parameters()} == {torch.float32}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_command_trains_in_the_precision_that_it_is_given(precision: str, tmp_path: Path) -> None:
    inputs = ["--dataset", f"{ROOT}/examples/hiking.csv", "--tools", f"{ROOT}/examples/tools.json"]
    main(
        [
            *inputs,
            "--output-repo",
            str(tmp_path / "run"),
            "--max-examples",
            "8",
            "--epochs",
            "1",
            "--precision",
            precision,
        ]
    )
    run = tmp_path / "run"
    assert read_json(run / "training.json")["precision"] == precision
