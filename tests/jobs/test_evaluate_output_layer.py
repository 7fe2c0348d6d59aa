"""The likeliest token and its probability are those that the whole table of logits gives."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from job_templates.ml.evaluation.next_tokens import NextTokens
from job_templates.ml.evaluation.output_layer import SLICE, TILE, likeliest


def table(weight: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
    """The largest logit's token, and the logarithm of its probability, from all logits in float64."""
    logs = (hidden.double() @ weight.double().T).log_softmax(-1)
    best = logs.max(-1)
    return best.indices, best.values


@pytest.mark.parametrize("vocabulary", [7, SLICE, 2 * SLICE + 5, 5 * SLICE + 100])
@pytest.mark.parametrize("height", [0.05, 1.0, 10.0], ids=["flat", "usual", "steep"])
def test_token_and_probability_are_those_of_the_whole_table(vocabulary: int, height: float) -> None:
    torch.manual_seed(vocabulary)
    weight, hidden = torch.randn(vocabulary, 16), height * torch.randn(TILE + 44, 16)
    hidden[:3] = weight[[0, vocabulary // 2, vocabulary - 1]] * 9
    tokens, logs = likeliest(weight, hidden)
    expected, known = table(weight, hidden)
    assert torch.equal(tokens, expected)
    assert torch.allclose(logs.double(), known, rtol=1e-5, atol=1e-4)
    assert (logs <= 0).all()


def test_the_first_of_equal_ones_is_taken_and_shares_the_probability() -> None:
    weight, hidden = torch.zeros(2 * SLICE, 4), torch.ones(3, 4)
    weight[[5, SLICE + 5]] = 10.0
    tokens, logs = likeliest(weight, hidden)
    assert tokens.tolist() == [5, 5, 5]
    assert logs.exp().tolist() == pytest.approx([0.5] * 3)
    tokens, logs = likeliest(weight * -1, hidden)
    assert tokens.tolist() == [0, 0, 0]
    assert logs.exp().tolist() == pytest.approx([1 / (2 * SLICE - 2)] * 3)


def test_bfloat16_weights_have_float32_logits() -> None:
    torch.manual_seed(1)
    weight, hidden = torch.randn(SLICE + 9, 64).bfloat16(), (4 * torch.randn(30, 64)).bfloat16()
    tokens, logs = likeliest(weight, hidden)
    expected, known = table(weight, hidden)
    assert torch.equal(tokens, expected)
    assert torch.allclose(logs.double(), known, atol=2e-5)


def test_what_is_written_ends_with_the_first_token_that_differs() -> None:
    torch.manual_seed(5)
    states, weight = torch.randn(60, 16), torch.randn(3 * SLICE, 16)
    written, logs = table(weight, states)
    own = [written[:7].tolist(), written[7:8].tolist(), written[8:48].tolist(), written[48:].tolist()]
    wrong = [(token + 1) % len(weight) for token in own[0][3:]]
    drafts = [own[0][:3] + wrong, [], own[2], own[3]]
    words = NextTokens(weight, [token for draft in drafts for token in draft])
    found = words.written(states, list(zip([7, 1, 40, 12], drafts, strict=True)))
    assert [tokens for tokens, _ in found] == [own[0][:4], own[1], own[2], own[3]]
    kept = [*logs[:4].tolist(), *logs[7:].tolist()]
    assert [log for _, row in found for log in row] == pytest.approx(kept, abs=2e-5)
