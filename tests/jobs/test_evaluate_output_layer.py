"""The likeliest token is the one that the whole table of logits says."""

from __future__ import annotations

import pytest
import torch

from job_templates.ml.evaluation.output_layer import SLICE, likeliest


@pytest.mark.parametrize("vocabulary", [7, SLICE, 2 * SLICE + 5])
def test_it_is_the_largest_logit(vocabulary: int) -> None:
    torch.manual_seed(vocabulary)
    weight, hidden = torch.randn(vocabulary, 16), torch.randn(200, 16)
    hidden[:3] = weight[[0, vocabulary // 2, vocabulary - 1]] * 9
    assert torch.equal(likeliest(weight, hidden), (hidden @ weight.T).argmax(-1))


def test_the_first_of_equal_ones_is_taken() -> None:
    weight, hidden = torch.zeros(2 * SLICE, 4), torch.ones(3, 4)
    weight[[5, SLICE + 5]] = 1.0
    assert likeliest(weight, hidden).tolist() == [5, 5, 5]
    assert likeliest(weight * -1, hidden).tolist() == [0, 0, 0]
