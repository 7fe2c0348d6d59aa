"""The loss over slices of the vocabulary is the cross-entropy over all of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from job_templates.ml.models.device import precision_on
from job_templates.ml.shared_prefix.answer_loss import SLICE, TILE, answer_losses

POSITIONS, SIZE = TILE + 44, 24


def frozen_head(words: int) -> nn.Linear:
    head = nn.Linear(SIZE, words, bias=False)
    head.weight.requires_grad_(False)
    return head


def asked(words: int, scale: float = 1.0) -> tuple[nn.Linear, Tensor, Tensor]:
    torch.manual_seed(words)
    return frozen_head(words), scale * torch.randn(POSITIONS, SIZE), torch.randint(0, words, (POSITIONS,))


def both(head: nn.Linear, states: Tensor, labels: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Loss and gradient of ours, and of torch in float64."""
    ours, exact = states.clone().requires_grad_(), states.double().requires_grad_()
    loss = answer_losses(head, ours, labels).sum()
    wanted = nn.functional.cross_entropy(exact @ head.weight.double().T, labels, reduction="sum")
    return (loss, *torch.autograd.grad(3 * loss, ours)), (wanted, *torch.autograd.grad(3 * wanted, exact))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("words", [1, 9, SLICE, 2 * SLICE + 301])
@pytest.mark.parametrize("scale", [1.0, 400.0])
def test_loss_and_gradient_are_those_of_the_whole_vocabulary(threads: int, words: int, scale: float) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        (loss, gradient), (wanted, wanted_gradient) = both(*asked(words, scale))
    finally:
        torch.set_num_threads(before)
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-5, abs=1e-5 * scale)
    assert torch.linalg.norm(gradient - wanted_gradient) <= 1e-5 * torch.linalg.norm(wanted_gradient)


def test_without_gradients_it_is_the_same_loss() -> None:
    head, states, labels = asked(70)
    with torch.no_grad():
        alone = answer_losses(head, states, labels)
    torch.testing.assert_close(alone, answer_losses(head, states.requires_grad_(), labels))


@pytest.mark.parametrize("learns", [False, True])
def test_under_autocast_no_logit_is_rounded(learns: bool) -> None:
    head, states, labels = asked(70, scale=20.0)
    head.weight.requires_grad_(learns)
    wanted = answer_losses(head, states, labels)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(answer_losses(head, states, labels), wanted)


def test_no_loss_is_below_zero_where_products_round_their_inputs() -> None:
    head, states, _ = asked(SLICE + 70, scale=40.0)
    with torch.no_grad(), precision_on("cpu", "bfloat16").rounding():
        labels = head(states).argmax(1)
        assert (answer_losses(head, states, labels) >= 0).all()


def test_an_output_layer_that_learns_gets_its_gradient() -> None:
    head, states, labels = asked(70)
    head.weight.requires_grad_(True)
    answer_losses(head, states, labels).sum().backward()
    assert head.weight.grad is not None
    assert head.weight.grad.abs().sum() > 0


def test_states_that_are_not_finite_give_no_finite_loss() -> None:
    head, states, labels = asked(70)
    states[2, 0] = torch.inf
    assert not torch.isfinite(answer_losses(head, states, labels).sum())
