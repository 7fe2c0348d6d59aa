"""The decoder's answers equal transformers' row-by-row greedy generation, and have the model's probability."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest
import torch
from transformers import Gemma3ForCausalLM

from backend.prompts.tokens import STOP_IDS
from backend.runs import Run
from job_templates.ml.evaluation.decode import DecodedAnswer, Drafts, SharedDecoder
from job_templates.ml.models.loading import load_tuned
from job_templates.ml.models.parallel import one_thread
from job_templates.ml.models.source import find_source
from job_templates.ml.rows.encoding import TokenRow, encode_rows, shared_prefix
from job_templates.ml.run.scored_rows import scored_rows
from tests.jobs.tiny_gemma import tiny_gemma

MOST = 12


def tiny_model(window: int) -> Gemma3ForCausalLM:
    return tiny_gemma(window, seed=3, vocabulary=120, spread=0.3).eval()


def one_by_one(model: Gemma3ForCausalLM, row: TokenRow, most: int = MOST) -> tuple[int, ...]:
    prompt = torch.tensor([row.prompt])
    out = model.generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        max_new_tokens=most,
        do_sample=False,
        eos_token_id=list(STOP_IDS),
        pad_token_id=0,
    )
    return tuple(out[0, len(row.prompt) :].tolist())


@torch.no_grad()
def plain_probability(model: Gemma3ForCausalLM, prompt: Sequence[int], answer: Sequence[int]) -> float:
    """The probability of an answer, from one forward pass over prompt and answer and a softmax over all tokens."""
    logits = model(torch.tensor([[*prompt, *answer]]), use_cache=False).logits[0, len(prompt) - 1 : -1]
    logs = logits.double().log_softmax(-1).gather(1, torch.tensor(answer)[:, None])
    return math.exp(logs.sum().item())


def check(model: Gemma3ForCausalLM, rows: Sequence[TokenRow], answers: Sequence[DecodedAnswer], most: int) -> None:
    """Each answer is what the model writes row by row, with the probability of a plain forward pass."""
    assert [answer.tokens for answer in answers] == [one_by_one(model, row, most) for row in rows]
    for row, answer in zip(rows, answers, strict=True):
        assert 0 < answer.probability <= 1
        assert answer.probability == pytest.approx(plain_probability(model, row.prompt, answer.tokens), rel=1e-4)


def rows_for(model: Gemma3ForCausalLM, prefix: int, number: int) -> list[TokenRow]:
    """Rows that expect what the model writes, its beginning and then something else, all else, or a part of it."""
    rng = random.Random(5)
    shared = tuple(rng.randrange(4, 120) for _ in range(prefix))
    rows = []
    for index in range(number):
        prompt = (*shared, *(rng.randrange(4, 120) for _ in range(rng.randrange(1, 14))))
        written = one_by_one(model, TokenRow(prompt, ()))
        other = tuple(rng.randrange(4, 120) for _ in range(5))
        rows.append(TokenRow(prompt, (written, (*written[:2], *other), other, written[:3])[index % 4]))
    return rows


@pytest.mark.parametrize(("window", "prefix"), [(512, 20), (8, 20), (8, 3), (16, 0)])
def test_answers_equal_generation_row_by_row(window: int, prefix: int) -> None:
    model = tiny_model(window)
    rows = rows_for(model, prefix, 9)
    told: list[int] = []
    common = shared_prefix(rows)
    answers = SharedDecoder(model, rows[0].prompt[:common]).answers(rows, MOST, told.append)
    assert common >= prefix
    check(model, rows, answers, MOST)
    assert told[-1] == len(rows)


def test_a_stop_token_ends_an_answer() -> None:
    model = tiny_model(512)
    with torch.no_grad():
        model.lm_head.weight[STOP_IDS[1]] *= 3
    rows = rows_for(model, 5, 15)
    answers = SharedDecoder(model, rows[0].prompt[:5]).answers(rows, MOST)
    check(model, rows, answers, MOST)
    stopped = [answer.tokens for answer in answers if answer.tokens[-1] in STOP_IDS]
    assert any(len(answer) < MOST for answer in stopped)


def test_tokens_after_the_stop_token_do_not_count() -> None:
    stop = STOP_IDS[1]
    assert DecodedAnswer.of([5, stop, 7], [-0.5, -0.25, -9.0]) == DecodedAnswer((5, stop), math.exp(-0.75))
    assert DecodedAnswer.of([5, 6], [0.0, 1e-7]) == DecodedAnswer((5, 6), 1.0)


def test_many_rows_go_through_in_several_passes() -> None:
    model = tiny_model(8)
    rows = rows_for(model, 10, 9)
    decoder = SharedDecoder(model, rows[0].prompt[:10], pass_tokens=40, rows_at_once=2)
    check(model, rows, decoder.answers(rows, MOST), MOST)


def test_a_draft_is_the_continuation_of_the_most_frequent_known_answer() -> None:
    drafts = Drafts([(1, 2, 3), (1, 2, 4, 5), (1, 2, 4, 5), (6,)])
    assert (drafts.continuation([1, 2]), drafts.continuation([1, 2, 3]), drafts.continuation([7])) == ((4, 5), (), ())


def test_a_draft_of_an_unknown_answer_follows_its_last_tokens() -> None:
    drafts = Drafts([(1, 2, 3, 9), (5, 2, 3, 8), (5, 2, 3, 8), (4, 1, 2, 3, 7)])
    assert drafts.continuation([6, 2, 3]) == (8,)
    assert drafts.continuation([6, 1, 2, 3]) == (9,)
    assert drafts.continuation([6, 4, 1, 2, 3]) == (7,)
    assert drafts.continuation([6, 9]) == ()


def test_rows_that_answer_as_others_are_expected_to_take_few_passes() -> None:
    model = tiny_model(8)
    rows = rows_for(model, 10, 8)
    written = [one_by_one(model, row) for row in rows]
    swapped = [TokenRow(row.prompt, written[at - 1]) for at, row in enumerate(rows)]
    passes: list[int] = []
    decoder = SharedDecoder(model, rows[0].prompt[:10])
    hook = model.model.embed_tokens.register_forward_hook(lambda *_: passes.append(1))
    with one_thread():  # more share out what is read at once
        assert [answer.tokens for answer in decoder.answers(swapped, MOST)] == written
    hook.remove()
    assert 1 < len(passes) <= 4 < MOST


def test_a_starters_answers_equal_generation_row_by_row(trained_run: Run) -> None:
    source = find_source(str(trained_run.path))
    scored = scored_rows(trained_run, None, None, "test")
    loaded = load_tuned(source, scored.tools)
    rows = encode_rows(scored.rows, scored.tools, loaded.fmt, loaded.tokenizer)
    answers = SharedDecoder(loaded.model, rows[0].prompt[: shared_prefix(rows)]).answers(rows, 40)
    check(loaded.model, rows, answers, 40)
    assert any(answer.tokens == row.completion for answer, row in zip(answers, rows, strict=True))
    assert any(answer.tokens != row.completion for answer, row in zip(answers, rows, strict=True))
