"""The Evaluate step on off-topic messages: the figure, the rates, the list with its filters, and older evaluations."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from backend.scoring import Evaluation, OffTopic
from tests.scripted import scripted_evaluation
from ui.evaluate.advice import advice_card
from ui.evaluate.labels import ADVICE
from ui.evaluate.off_topic import (
    ALL,
    CALLED,
    NO_LANGUAGE,
    SILENT,
    UNREADABLE,
    OffTopicChoice,
    answer_of,
    chosen_rows,
    left_out_groups,
    off_topic_head,
    off_topic_table,
)
from ui.evaluate.off_topic_rows import _choices, _is_meant
from ui.evaluate.others import Results
from ui.evaluate.rows import choice_for
from ui.evaluate.scores import scores_card


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return scripted_evaluation()


@pytest.fixture(scope="module")
def found(evaluation: Evaluation) -> OffTopic:
    assert evaluation.off_topic is not None
    return evaluation.off_topic


def test_the_figure_stands_beside_the_accuracies_and_says_that_lower_is_better(evaluation: Evaluation) -> None:
    shown = scores_card(evaluation, "a-run", "none")
    assert shown.count('<div class="figure ') == 4
    assert "Calls on off-topic messages" in shown
    assert '<dd class="value">20.1 %</dd><dd class="note">16.8–23.9 % · 100 of 497 messages' in shown
    assert "Lower is better." in shown


def test_an_older_evaluation_says_that_nothing_was_asked_and_offers_to_evaluate_again(evaluation: Evaluation) -> None:
    older = replace(evaluation, off_topic=None)
    assert '<dt>Calls on off-topic messages</dt><dd class="value">–</dd><dd class="note">not measured</dd>' in (
        scores_card(older, "a-run", "none")
    )
    head = off_topic_head(older)
    assert "is from an earlier version, which asked no such messages" in head
    assert 'data-do="start" data-probes="no"' in head
    assert "<table" not in head


def test_the_rates_are_those_of_each_kind_and_each_language(evaluation: Evaluation, found: OffTopic) -> None:
    head = off_topic_head(evaluation)
    for name, rate in found.by_kind.items():
        assert f'<td data-label="Kind">{name}</td><td data-label="Calls">{rate.k:,} of {rate.n:,}</td>' in head
    assert sum(rate.n for rate in found.by_kind.values()) == len(found.rows)
    assert len(re.findall('<td data-label="Language">', head)) == len(found.by_language) == 8
    assert '<td data-label="Language">German</td>' in head
    assert "2 answers cannot be read by an app." in head
    assert "3 near misses of yours were asked." in head


def test_answers_that_call_a_tool_come_first_and_every_filter_counts(found: OffTopic) -> None:
    every = chosen_rows(found, OffTopicChoice())
    assert len(every) == len(found.rows)
    assert [answer_of(row) for row in every] == [CALLED] * 100 + [UNREADABLE] * 2 + [SILENT] * 395
    choices = _choices(found)
    makes = (
        lambda value: OffTopicChoice(answer=value),
        lambda value: OffTopicChoice(kind=value),
        lambda value: OffTopicChoice(language=value),
    )
    for offered, make in zip(choices, makes, strict=True):
        assert offered[0][1] == ALL
        for label, value in offered[1:]:
            assert f"({len(chosen_rows(found, make(value))):,})" in label
    both = chosen_rows(found, OffTopicChoice(kind="request", language="de", answer=CALLED))
    assert {(row.kind, row.language, row.called) for row in both} == {("request", "de", True)}
    assert all(not row.language for row in chosen_rows(found, OffTopicChoice(language=NO_LANGUAGE)))


def test_a_row_shows_its_message_its_topic_and_the_call(found: OffTopic) -> None:
    first = chosen_rows(found, OffTopicChoice())[0]
    table = off_topic_table(found, OffTopicChoice(), 0)
    assert f"{first.answer.message}<div" in table
    assert f"{first.topic} · English" in table
    assert f"<mark><b>{(first.answer.predicted or ())[0].name}</b></mark>" in table
    assert "1–8 of 497" in table
    assert table.count("calls a tool</span>") == 8
    silent = off_topic_table(found, OffTopicChoice(answer=SILENT), 0)
    assert silent.count('<span class="badge ok">no call</span>') == 8
    assert '<td data-label="Answered"><div>nothing</div></td>' in silent
    unreadable = off_topic_table(found, OffTopicChoice(answer=UNREADABLE), 0)
    assert unreadable.count("cannot be read</span>") == 2
    assert "<code>&lt;start_function_call&gt;</code>" in unreadable
    none = OffTopicChoice("thanks", "de", UNREADABLE)
    assert off_topic_table(found, none, 0) == '<p class="note">No message matches these filters.</p>'


def test_what_was_left_out_is_listed_with_its_reasons(found: OffTopic) -> None:
    shown = left_out_groups(found.left_out)
    count = sum(len(group.texts) for group in found.left_out)
    assert f"<summary>{count} messages left out, because your tools might answer them</summary>" in shown
    assert shown.count("<li>") == count
    assert "“status” is in the name get_hike_status" in shown
    assert left_out_groups(()) == ""


def test_the_advice_on_false_calls_leads_to_the_off_topic_answers_alone(evaluation: Evaluation) -> None:
    kinds = [one.kind for one in evaluation.advice]
    assert kinds[0] == "false calls"
    assert set(kinds) <= ADVICE.keys()
    assert "Show 100 rows" in advice_card(evaluation)
    pressed = {"do": "rows", "advice": "0"}
    assert _is_meant(evaluation, pressed)
    assert choice_for(Results(evaluation), pressed) is None
    for other in ({"do": "rows", "advice": "1"}, {"do": "rows", "advice": "x"}, {"do": "clear", "advice": "0"}, {}):
        assert not _is_meant(evaluation, other)
    assert choice_for(Results(evaluation), {"do": "rows", "advice": "1"}) is not None
