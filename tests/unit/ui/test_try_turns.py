"""The view of a message in the Try step, while models answer and afterwards."""

from __future__ import annotations

from dataclasses import replace

from backend.inference.model_session import Answer
from backend.records import Call, Tool
from tests.unit.scoring.test_confidence import FORTY, confidence_of
from ui.playground.history import BASE, FILE, LOADING, Exchange, exchange_view, short

ANSWER = Answer(raw="<start_function_call>call:stop{}<end_function_call>", calls=(Call("stop", {}),), seconds=0.2)


def test_a_file_alone_has_no_heading() -> None:
    shown = exchange_view(Exchange("halt", {FILE: ANSWER}, None))
    assert "Exported file" not in shown
    assert "stop" in shown


def test_a_model_that_is_answering_has_a_column() -> None:
    shown = exchange_view(Exchange("halt", {FILE: ANSWER}, None, waiting=BASE))
    assert shown.index("Exported file") < shown.index("Base model") < shown.index(LOADING)
    assert 'role="progressbar"' in shown
    done = exchange_view(Exchange("halt", {FILE: ANSWER, BASE: Answer(raw="Well", text="Well")}, None))
    assert LOADING not in done
    assert "Well" in done


def test_a_model_answers_after_a_file_that_failed() -> None:
    failed = Exchange("halt", {FILE: Answer(error="The file is broken.")}, None)
    assert "There is no answer" in exchange_view(failed)
    shown = exchange_view(Exchange("halt", failed.answers, None, waiting=BASE))
    assert "The file is broken." in shown
    assert LOADING in shown


def test_an_answer_says_how_sure_the_model_is_and_what_that_means() -> None:
    confidence = confidence_of(FORTY)
    sure, unsure = replace(ANSWER, probability=0.9731), replace(ANSWER, probability=0.31)
    meaning = "the threshold of 75 %, from which on 27 of 28 held-out rows are right."
    assert f"Sure: 97.3 %, above {meaning}" in exchange_view(
        Exchange("halt", {FILE: sure}, None, confidence=confidence)
    )
    assert f"Sure: 31.0 %, below {meaning}" in exchange_view(
        Exchange("halt", {FILE: unsure}, None, confidence=confidence)
    )
    base = Exchange("halt", {FILE: ANSWER, BASE: unsure}, None, confidence=confidence)
    assert "Sure: 31.0 %." in exchange_view(base)
    assert "Sure: 97.3 %." in exchange_view(Exchange("halt", {FILE: sure}, None))
    perfect = confidence_of([(0.9, True)] * 20)
    assert "Sure: 97.3 %." in exchange_view(Exchange("halt", {FILE: sure}, None, confidence=perfect))
    assert "Sure" not in exchange_view(Exchange("halt", {FILE: ANSWER}, None, confidence=confidence))


def test_a_call_that_an_app_refuses_says_why_and_what_was_perhaps_meant() -> None:
    query = {"type": "string", "description": "what", "enum": ["water", "shelter"]}
    tools = {"find": Tool("find", "Finds it.", {"type": "object", "properties": {"query": query}})}
    wrong = Answer(raw="x", calls=(Call("find", {"query": "sheltr"}), Call("halt_all")))
    shown = str(exchange_view(Exchange("halt", {FILE: wrong}, None, tools)))
    assert shown.count("An app refuses this call") == 2
    assert "Perhaps this was meant" in shown
    assert "There is no tool named" in shown
    right = Answer(raw="x", calls=(Call("find", {"query": "water"}),))
    assert "An app refuses" not in str(exchange_view(Exchange("halt", {FILE: right}, None, tools)))


SILENT = Answer(seconds=0.1, tokens=1)
TITLE = "No call: this message is not for these tools"


def test_silence_is_shown_in_words_and_not_as_an_empty_box() -> None:
    shown = str(exchange_view(Exchange("play chess", {FILE: SILENT}, None, off_topic=True)))
    assert TITLE in shown
    assert "The model wrote nothing" in shown
    assert "off-topic: no call" in shown
    assert "There is no answer" not in shown
    assert "<pre" not in shown


def test_a_sentence_is_shown_with_silence() -> None:
    said = Answer(raw="Das kann <ich> nicht.", text="Das kann <ich> nicht.")
    shown = str(exchange_view(Exchange("spiel Schach", {FILE: said}, None)))
    assert TITLE in shown
    assert shown.count("Das kann &lt;ich&gt; nicht.") == 2
    assert "no call: “Das kann &lt;ich&gt; nicht.”" in str(short(said))
    assert str(short(Answer(raw="x" * 200, text="x" * 200))).count("x") == 80


def test_a_message_for_the_tools_is_not_said_to_be_none() -> None:
    missed = str(exchange_view(Exchange("halt", {FILE: SILENT}, [Call("stop")])))
    assert "not for these tools" not in missed
    assert "not as expected" in missed
    base = str(exchange_view(Exchange("halt", {BASE: Answer(raw="Well", text="Well")}, None)))
    assert "not for these tools" not in base


def test_a_call_for_an_off_topic_message_is_a_warning() -> None:
    assert "off-topic: a call" in str(exchange_view(Exchange("play chess", {FILE: ANSWER}, None, off_topic=True)))
