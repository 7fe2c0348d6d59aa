"""The trainer itself: when it stops by itself, what it does when memory runs out, and that both engines learn alike."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig
from trl import SFTConfig

from backend.errors import InputError
from backend.runs.choices import Engine
from backend.tokens import train_starter_tokenizer
from job_templates.ml.models.starter import fast_tokenizer
from job_templates.ml.rows.encoding import TokenRow
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator
from job_templates.ml.training.loss_guard import SCALED_OVERFLOWS, LossGuard
from job_templates.ml.training.trainer import SharedPrefixTrainer
from tests.jobs.conftest import ROOT


def some_rows(count: int, vocabulary: int) -> list[TokenRow]:
    rng = random.Random(3)
    shared = tuple(rng.randrange(vocabulary) for _ in range(20))
    return [
        TokenRow(
            (*shared, *(rng.randrange(vocabulary) for _ in range(rng.randrange(1, 6)))),
            tuple(rng.randrange(vocabulary) for _ in range(rng.randrange(2, 9))),
        )
        for _ in range(count)
    ]


def tiny_trainer(
    vocabulary: int, folder: Path, engine: Engine = "shared", *, bf16: bool = False, **settings: Any
) -> SharedPrefixTrainer:
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=vocabulary, hidden_size=8, intermediate_size=8, num_hidden_layers=2, num_attention_heads=1,
        num_key_value_heads=1, head_dim=8, query_pre_attn_scalar=8, pad_token_id=0, sliding_window=16,
        layer_types=["sliding_attention", "full_attention"],
    )  # fmt: skip
    model = Gemma3ForCausalLM(config)
    rows = some_rows(12, vocabulary)
    arguments = SFTConfig(
        output_dir=str(folder), use_cpu=True, bf16=bf16, report_to="none", save_strategy="no", disable_tqdm=True,
        activation_checkpointing=False, dataloader_pin_memory=False, logging_steps=1, learning_rate=1e-2,
        num_train_epochs=2, per_device_train_batch_size=4, logging_nan_inf_filter=False, **settings,
    )  # fmt: skip
    tokenizer = fast_tokenizer(train_starter_tokenizer(["a"], folder))
    collator = PackCollator(FixedRows(rows), rows, config)
    return SharedPrefixTrainer(model, arguments, collator, engine, processing_class=tokenizer)


def steps(trainer: SharedPrefixTrainer) -> list[dict[str, float]]:
    return [entry for entry in trainer.state.log_history if "loss" in entry]


def test_both_engines_learn_alike(tmp_path: Path) -> None:
    shared, plain = (tiny_trainer(60, tmp_path / name, name) for name in ("shared", "plain"))
    shared.train()
    plain.train()
    assert len(steps(shared)) == 6
    for ours, theirs in zip(steps(shared), steps(plain), strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-4)
        assert ours["grad_norm"] == pytest.approx(theirs["grad_norm"], rel=1e-3)
    ours, theirs = steps(shared)[-1], steps(plain)[-1]
    assert ours["tokens"] + ours["tokens_saved"] >= theirs["tokens"] > 2 * ours["tokens"]


def out_of_memory_above(rows: int, trainer: SharedPrefixTrainer) -> list[int]:
    """Let the model fail as a GPU does where it is given more than so many rows; which sizes it was given."""
    given: list[int] = []

    def refuse(_module: torch.nn.Module, inputs: Any) -> None:
        (states,) = inputs
        given.append(len(states))
        if len(states) > 8 * rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    trainer.model.lm_head.register_forward_pre_hook(refuse)
    return given


def test_out_of_memory_halves_the_rows_at_once_and_keeps_the_step(tmp_path: Path, capsys: Any) -> None:
    expected, trainer = tiny_trainer(60, tmp_path / "one"), tiny_trainer(60, tmp_path / "two")
    given = out_of_memory_above(1, trainer)
    expected.train()
    trainer.train()
    assert trainer.rows_at_once == 1
    assert max(given[3:]) <= 8
    assert capsys.readouterr().out.count("ran out of memory. Now") == 2
    for found, wanted in zip(steps(trainer), steps(expected), strict=True):
        assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-4)
        assert found["grad_norm"] == pytest.approx(wanted["grad_norm"], rel=1e-3)
    for found, wanted in zip(trainer.model.parameters(), expected.model.parameters(), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-5)


def test_one_row_that_does_not_fit_is_told(tmp_path: Path) -> None:
    trainer = tiny_trainer(60, tmp_path)
    out_of_memory_above(0, trainer)
    with pytest.raises(InputError, match=r"out of memory with a single row of \d+ tokens"):
        trainer.train()


def test_other_errors_are_not_taken_for_a_lack_of_memory(tmp_path: Path) -> None:
    trainer = tiny_trainer(60, tmp_path)

    def refuse(*_: Any) -> None:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    trainer.model.lm_head.register_forward_pre_hook(refuse)
    with pytest.raises(RuntimeError, match="shapes"):
        trainer.train()


REAL_LIMIT = """
import sys, resource
from pathlib import Path
from tests.jobs.test_trainer import tiny_trainer, steps
def of_memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024
folder = Path(sys.argv[1])
tiny_trainer(60, folder).train()
trainer = tiny_trainer(400_000, folder)
resource.setrlimit(resource.RLIMIT_AS, (of_memory("VmSize") + int(sys.argv[2]) * 2**20, -1))
trainer.train()
print("rows at once", trainer.rows_at_once, len(steps(trainer)))
"""
"""The first training loads what a training loads late, so that the limit holds back the second one's numbers alone."""


@pytest.mark.slow  # the tests above hold what is done when memory runs out
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux", reason="limits a process's memory")
def test_a_real_lack_of_memory_is_survived(tmp_path: Path) -> None:
    command = [sys.executable, "-c", REAL_LIMIT, str(tmp_path), "110"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ran out of memory. Now" in done.stdout
    assert done.stdout.splitlines()[-1].endswith(" 6")


def test_a_loss_that_is_not_finite_stops_the_run_with_the_reason(tmp_path: Path) -> None:
    trainer = tiny_trainer(8, tmp_path)
    with torch.no_grad():
        trainer.model.lm_head.weight[0, 0] = float("inf")
    with pytest.raises(InputError, match=r"stopped at step 1: the loss is nan"):
        trainer.train()


def test_a_loss_that_is_zero_from_the_start_stops_the_run_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"stopped at step 1: the loss is exactly zero"):
        tiny_trainer(1, tmp_path).train()


@pytest.mark.parametrize(("factor", "said"), [(float("inf"), "the gradient is"), (0.0, "gradient exactly zero")])
def test_a_gradient_that_overflows_or_vanishes_stops_the_run(tmp_path: Path, factor: float, said: str) -> None:
    trainer = tiny_trainer(60, tmp_path)
    for part in trainer.model.parameters():
        part.register_hook(lambda gradient: gradient * factor)
    with pytest.raises(InputError, match=f"stopped at step 1: .*{said}"):
        trainer.train()


def test_a_scaled_loss_may_overflow_while_its_scale_is_sought() -> None:
    guard = LossGuard(scaled=True)
    guard.check_loss(3.0, 1, 1e-3)
    for step in range(SCALED_OVERFLOWS):
        guard.check_gradient(float("inf"), step, 1e-3)
    guard.check_gradient(1.0, 30, 1e-3)
    for step in range(SCALED_OVERFLOWS):
        guard.check_gradient(float("nan"), step, 1e-3)
    with pytest.raises(InputError, match="the gradient is inf"):
        guard.check_gradient(float("inf"), 60, 1e-3)
