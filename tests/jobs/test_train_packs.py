"""Prefix-shared batches give the loss and the gradients of plain padded batches."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import Gemma3ForCausalLM

from backend.errors import InputError
from backend.prompts import get_format
from backend.records import Call, Declarations, Example, FormatName, Tool
from job_templates.ml.models.base import starter_base
from job_templates.ml.rows.encoding import TokenRow, encode_rows, resolve_length, shared_prefix
from job_templates.ml.shared_prefix.answer_loss import HeldOutScore, evaluate_batches, token_losses
from job_templates.ml.shared_prefix.collator import FixedRows, PackCollator, cost_of, padded
from job_templates.ml.shared_prefix.packs import Cost, attention_masks, cheapest_groups, pack_rows
from tests.jobs.packed import CPU, MANY_PACKS, ONE_PACK, some_rows, tiny_model


def perhaps_adapted(model: Gemma3ForCausalLM, adapter: bool) -> torch.nn.Module:
    """The model, or the model with an adapter that changes something."""
    lora = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", init_lora_weights=False)
    return get_peft_model(model, lora) if adapter else model


def plain_loss(model: torch.nn.Module, rows: list[TokenRow]) -> Tensor:
    """What transformers computes on right-padded rows with labels on the answers alone."""
    loss: Tensor = model(**padded(rows)).loss
    return loss


def gradients(model: torch.nn.Module, loss: Tensor) -> dict[str, Tensor]:
    model.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call] # torch's own method has no types
    return {name: part.grad.clone() for name, part in model.named_parameters() if part.grad is not None}


SHAPES = {
    "rows shorter than the window": (6, [3, 5, 2, 9], [4, 6, 3, 5], 512),
    "rows longer than the window": (30, [3, 40, 2, 9], [4, 6, 25, 5], 8),
    "window ends inside the answers": (10, [3, 3, 3, 3], [12, 1, 7, 9], 16),
    "no shared prefix": (0, [8, 3, 5, 1], [2, 2, 9, 1], 8),
    "one row": (12, [4], [5], 8),
}


@pytest.mark.parametrize("cost", [ONE_PACK, MANY_PACKS], ids=["one pack", "many packs"])
@pytest.mark.parametrize("adapter", [False, True], ids=["full", "LoRA"])
@pytest.mark.parametrize("shape", SHAPES, ids=SHAPES.keys())
def test_loss_and_gradients_equal_plain_padded_batches(shape: str, adapter: bool, cost: Cost) -> None:
    prefix, suffixes, answers, window = SHAPES[shape]
    rows = some_rows(prefix, suffixes, answers)
    model = perhaps_adapted(tiny_model(window), adapter)
    hold_equal(model, rows, window, cost)


def hold_equal(model: torch.nn.Module, rows: list[TokenRow], window: int, cost: Cost) -> None:
    """Hold the loss and every gradient of packed rows against those of padded ones."""
    batch = pack_rows(rows, shared_prefix(rows), window, cost)
    plain = plain_loss(model, rows)
    expected = gradients(model, plain)
    shared = token_losses(model, batch, CPU).sum() / batch.labels.numel()
    found = gradients(model, shared)
    assert shared.item() == pytest.approx(plain.item(), rel=1e-5)
    assert found.keys() == expected.keys()
    scale = max(gradient.norm() for gradient in expected.values())
    for name, gradient in expected.items():
        difference = (found[name] - gradient).norm() / max(gradient.norm(), 1e-3 * scale)
        assert difference < 1e-4, f"{name}: {difference}"


@pytest.mark.parametrize("adapter", [False, True], ids=["full", "LoRA"])
@pytest.mark.parametrize("shape", SHAPES, ids=SHAPES.keys())
def test_in_bfloat16_gradients_are_about_as_exact_as_those_of_transformers(shape: str, adapter: bool) -> None:
    prefix, suffixes, answers, window = SHAPES[shape]
    rows = some_rows(prefix, suffixes, answers)
    model = perhaps_adapted(tiny_model(window), adapter)
    batch = pack_rows(rows, shared_prefix(rows), window, ONE_PACK)
    exact = whole(gradients(model, plain_loss(model, rows)))
    with torch.autocast("cpu", torch.bfloat16):
        ours = token_losses(model, batch, CPU).sum() / batch.labels.numel()
        theirs = plain_loss(model, rows)
    assert ours.item() == pytest.approx(plain_loss(model, rows).item(), rel=0.01)
    wrong, usual = ((whole(gradients(model, loss)) - exact).norm() / exact.norm() for loss in (ours, theirs))
    assert 0 < wrong < 1.6 * usual < 0.1


def whole(gradient: dict[str, Tensor]) -> Tensor:
    """Every gradient in one."""
    return torch.cat([part.flatten() for part in gradient.values()])


TOOLS = (
    Tool(
        "set_light",
        "Sets one light of the house",
        {
            "type": "object",
            "properties": {
                "level": {"type": "integer", "description": "from 0 to 100"},
                "on": {"type": "boolean"},
                "room": {"type": "string", "enum": ["kitchen", "bath"]},
            },
            "required": ["room"],
        },
    ),
    Tool("play", "Plays music", {"type": "object", "properties": {"what": {"type": "string"}}}),
)
EXAMPLES = (
    Example("a", 1, "light in the kitchen, half", (Call("set_light", {"room": "kitchen", "level": 50}),)),
    Example(
        "b",
        2,
        "bath off and some jazz, please, as loud as it was on that evening when everybody was still in the garden",
        (Call("set_light", {"room": "bath", "on": False}), Call("play", {"what": "some jazz"})),
    ),
    Example("c", 3, "thank you!", (), "You are welcome."),
)


@pytest.mark.parametrize("adapter", [False, True], ids=["full", "LoRA"])
@pytest.mark.parametrize("declarations", ["full", "none"])
@pytest.mark.parametrize("name", ["native", "json"])
def test_one_call_several_and_none_in_both_formats_with_a_prefix_longer_than_the_window(
    name: FormatName, declarations: Declarations, adapter: bool, tmp_path: Path
) -> None:
    fmt = get_format(name, declarations)
    base = starter_base(1, EXAMPLES, TOOLS, fmt, tmp_path)
    rows = encode_rows(EXAMPLES, TOOLS, fmt, base.tokenizer)
    prefix, window = shared_prefix(rows), 24
    assert (prefix > 3 * window) == (declarations == "full")
    model = perhaps_adapted(tiny_model(window, vocabulary=len(base.tokenizer)), adapter)
    hold_equal(model, rows, window, ONE_PACK)
    hold_equal(model, rows, window, MANY_PACKS)


def test_the_prefix_is_counted_once_a_pack() -> None:
    rows = some_rows(700, [10] * 8, [18] * 8)
    batch = pack_rows(rows, shared_prefix(rows), 512, cost_of(tiny_model(512).config))
    assert batch.input_ids.shape[0] == 1
    assert batch.tokens == 700 + 8 * 29
    assert batch.plain_tokens == 8 * 729
    assert batch.labels.numel() == 8 * 18


def test_masks_show_the_prefix_and_the_rows_own_past_only() -> None:
    owners = torch.tensor([[0, 0, 1, 1, 2, -1]])
    positions = torch.tensor([[0, 1, 2, 3, 2, 0]])
    masks = attention_masks(owners, positions, window=3)
    seen = [[int(item) for item in row] for row in masks["full_attention"][0, 0]]
    assert seen == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 0, 0, 0, 0, 1],
    ]
    assert masks["sliding_attention"][0, 0, 3].tolist() == [False, True, True, True, False, False]


def test_every_row_stands_in_one_pack() -> None:
    groups = cheapest_groups([5, 1, 9, 2, 2], prefix=3, cost=Cost(1.0, 0.05))
    assert sorted(index for group in groups for index in group) == [0, 1, 2, 3, 4]


def test_the_shared_prefix_leaves_each_row_its_last_prompt_token() -> None:
    assert shared_prefix([]) == 0
    assert shared_prefix([TokenRow((1, 2, 3), (4,))]) == 2
    assert shared_prefix([TokenRow((1, 2, 3), (4,)), TokenRow((1, 2, 3), (5,))]) == 2
    assert shared_prefix([TokenRow((1, 2, 3, 9), (4,)), TokenRow((1, 2, 8, 9), (5,))]) == 2
    assert shared_prefix([TokenRow((1, 2), (4,)), TokenRow((1, 2, 3), (5,))]) == 1


def test_a_length_that_cuts_an_answer_is_refused_with_the_one_needed() -> None:
    rows = [TokenRow((1, 2, 3), (4, 5)), TokenRow((1, 2, 3, 4, 5), (6, 7))]
    assert resolve_length("auto", rows) == 7
    assert resolve_length(9, rows) == 9
    with pytest.raises(InputError, match=r"6 would cut the answer of 1 of 2 rows.*7 tokens"):
        resolve_length(6, rows)


def test_a_look_tells_the_loss_of_the_tokens_and_how_likely_whole_answers_are() -> None:
    rows = some_rows(6, [3, 5, 2, 9, 1], [4, 6, 3, 5, 2])
    model = tiny_model(8).eval()
    collator = PackCollator(FixedRows(rows), rows, model.config)
    expected = plain_loss(model, rows).item()
    likely = [math.exp(-plain_loss(model, [row]).item() * len(row.completion)) for row in rows]
    for size in (2, 5):
        found = evaluate_batches(model, collator.held_out(size), CPU)
        assert found.loss == pytest.approx(expected, rel=1e-5)
        assert found.match == pytest.approx(sum(likely) / len(likely), rel=1e-4)


def test_many_packs_keep_each_rows_tokens_together() -> None:
    rows = some_rows(6, [3, 5, 2, 9, 1], [1, 6, 3, 5, 2])
    batch = pack_rows(rows, shared_prefix(rows), 8, MANY_PACKS)
    parts = [tuple(part.tolist()) for part in torch.split(batch.labels, list(batch.answers))]
    assert sorted(parts) == sorted(row.completion for row in rows)


def test_a_look_at_no_rows_finds_nothing() -> None:
    assert evaluate_batches(tiny_model(8), [], CPU) == HeldOutScore(0.0, 0.0)
