"""Bounds leave out words, never the likeliest one."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from job_templates.ml.evaluation.bounded import MOST_CANDIDATES, BoundedLayer
from job_templates.ml.evaluation.next_tokens import LARGE, MANY, NextTokens
from job_templates.ml.evaluation.output_layer import likeliest

SIZE, WORDS = 256, 3 * 512 + 100


def states_and_weight(seed: int, count: int = 600, words: int = WORDS) -> tuple[Tensor, Tensor]:
    """Hidden states near few directions, some of them near none, and words of about one length."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.randn(12, SIZE, generator=generator)
    states = torch.randn(count, 12, generator=generator) @ directions
    states += 0.3 * torch.randn(count, SIZE, generator=generator)
    states[::50] = 9 * torch.randn(len(states[::50]), SIZE, generator=generator)
    return states, torch.randn(words, SIZE, generator=generator) / 16


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("most", [2, MOST_CANDIDATES])
def test_the_token_is_that_of_the_whole_product(seed: int, most: int) -> None:
    states, weight = states_and_weight(seed)
    logits = states @ weight.T
    best, expected = logits.max(1)
    layer = BoundedLayer(weight, states[:300], most)
    for known in (best, logits[:, 7], logits.mean(1), logits.amin(1)):
        assert torch.equal(layer.likeliest(states, known), expected)


def test_most_words_are_never_multiplied_out() -> None:
    states, weight = states_and_weight(3)
    layer = BoundedLayer(weight, states)
    best, expected = (states @ weight.T).max(1)
    assert torch.equal(layer.likeliest(states, best), expected)
    words, _, too_many = layer._candidates(layer._lengths(states), best, range(WORDS))
    assert len(words) < 0.1 * len(states) * WORDS
    assert too_many.sum() < 0.1 * len(states)


def test_the_first_of_equal_words_is_taken_and_near_ones_are_told_apart() -> None:
    states, weight = states_and_weight(4)
    best, expected = (states @ weight.T).max(1)
    twice = torch.cat([weight, weight])
    assert torch.equal(BoundedLayer(twice, states).likeliest(states, best), expected)
    nearly = torch.cat([weight * (1 + 2**-14), weight])
    assert torch.equal(BoundedLayer(nearly, states).likeliest(states, best), likeliest(nearly, states))


def test_what_is_written_ends_with_the_first_token_that_differs() -> None:
    states, weight = states_and_weight(5, MANY, LARGE)
    written = (states @ weight.T).argmax(1).tolist()
    answers, sizes = [], [7, 1, 40, MANY - 48]
    for size in sizes:
        answers.append(written[sum(map(len, answers)) :][:size])
    drafts = [answers[0][:3] + [0] * 4, [], answers[2], [*answers[3][:500], *[1] * (MANY - 548)]]
    words = NextTokens(weight, answers)
    found = words.written(states, list(zip(sizes, drafts, strict=True)))
    assert words._bounded is not None
    assert found == [answers[0][:4], answers[1], answers[2], answers[3][:501]]


def test_no_logit_is_above_its_bound() -> None:
    states, weight = states_and_weight(6)
    layer = BoundedLayer(weight, states[1:50])
    aside = states - states @ layer._directions @ layer._directions.T
    for some in (states, aside):
        slack = layer._margin * some.norm(dim=1, keepdim=True)
        assert (layer._lengths(some) @ layer._bounds.T + slack >= some @ weight.T).all()
