"""Rows, a small model and costs, for tests of prefix-shared packs."""

from __future__ import annotations

import random

import torch
from transformers import Gemma3ForCausalLM

from job_templates.ml.rows.encoding import TokenRow
from job_templates.ml.shared_prefix.packs import Cost
from tests.jobs.tiny_gemma import tiny_gemma

CPU = torch.device("cpu")
ONE_PACK, MANY_PACKS = Cost(token=1.0, pair=0.0), Cost(token=0.0, pair=1.0)


def tiny_model(window: int, vocabulary: int = 60) -> Gemma3ForCausalLM:
    return tiny_gemma(window, seed=0, vocabulary=vocabulary, spread=0.2).train()


def some_rows(prefix: int, suffixes: list[int], answers: list[int]) -> list[TokenRow]:
    rng = random.Random(1)
    shared = tuple(rng.randrange(4, 60) for _ in range(prefix))
    return [
        TokenRow(
            (*shared, 4 + number, *(rng.randrange(4, 60) for _ in range(suffix))),
            tuple(rng.randrange(4, 60) for _ in range(answer)),
        )
        for number, (suffix, answer) in enumerate(zip(suffixes, answers, strict=True))
    ]
