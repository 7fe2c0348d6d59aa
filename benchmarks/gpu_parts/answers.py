"""Answering on the device: evaluate.py's way against one row at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor
from transformers import Gemma3ForCausalLM

from benchmarks.evaluate import generate, spread, timed, warm_up
from benchmarks.gpu_parts.subjects import Subject
from job_templates.ml.evaluation.decode import SharedDecoder
from job_templates.ml.evaluation.evaluate import SPARE_TOKENS
from job_templates.ml.models.device import Precision
from job_templates.ml.rows.encoding import TokenRow, shared_prefix

FEWEST = 2
"""Rows answered one by one, however little time is left."""
Answer = Sequence[int]


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows a second of both ways, and of the rows that both answered: how many, the same, and parting at a tie."""

    rate: float
    single_rate: float
    rows: int
    same: int
    tied: int


def loaded(subject: Subject, weights: dict[str, Tensor], precision: Precision) -> Any:
    """A new model of trained weights, as evaluate.py loads it."""
    with torch.device(precision.device):
        model = Gemma3ForCausalLM._from_config(subject.shape, attn_implementation="sdpa", dtype=torch.float32)
    model.load_state_dict(weights)
    return precision.ready(model)


def answer(subject: Subject, model: Any, precision: Precision, until: float) -> Answered:
    """Answer the rows in both ways; as many one by one as there is time for."""
    rows = subject.prompts
    prefix = rows[0].prompt[: shared_prefix(rows)]
    most_new = max(len(row.completion) for row in rows) + SPARE_TOKENS
    warm_up(model)
    SharedDecoder(model, prefix).answers(rows[:2], most_new)
    ours = timed(lambda: [found.tokens for found in SharedDecoder(model, prefix).answers(rows, most_new)])
    places = spread(range(len(rows)), subject.size.one_by_one)
    seconds = 0.0
    theirs: list[tuple[int, ...]] = []
    for at in places:
        if len(theirs) >= FEWEST and time.monotonic() > until:
            break
        one = timed(partial(generate, model, [rows[at]], most_new))
        seconds += one.seconds
        theirs += one.answers
    pairs = [(rows[at], ours.answers[at], answer) for at, answer in zip(places, theirs, strict=False)]
    apart = [(row, mine, other) for row, mine, other in pairs if mine != other]
    share = tie(precision)
    tied = sum(parts_at_a_tie(model, row, mine, other, share) for row, mine, other in apart)
    return Answered(len(rows) / ours.seconds, len(theirs) / seconds, len(pairs), len(pairs) - len(apart), tied)


def tie(precision: Precision) -> float:
    """How close two logits may be, as a share of the largest one's height over the mean, for either to come first."""
    return 0.05 if precision.answers == torch.bfloat16 else 1e-3


@torch.inference_mode()
def parts_at_a_tie(model: Any, row: TokenRow, one: Answer, other: Answer, share: float) -> bool:
    """Whether the tokens of two answers at their first difference are a tie in this precision."""
    at = next(at for at, (mine, theirs) in enumerate(zip_longest(one, other)) if mine != theirs)
    if at >= min(len(one), len(other)):
        return False
    ids = torch.tensor([[*row.prompt, *one[:at]]], device=model.device)
    logits = model(ids, use_cache=False, logits_to_keep=1).logits[0, -1].float()
    gap = (logits[one[at]] - logits[other[at]]).abs()
    return bool(gap <= share * (logits.max() - logits.mean()))
