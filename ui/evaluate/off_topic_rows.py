"""The card of off-topic messages: rates, three filters, and the answers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gradio as gr

from backend.scoring import FALSE_CALLS, Evaluation, OffTopic
from ui.evaluate.labels import language_name
from ui.evaluate.off_topic import (
    ALL,
    ANSWERS,
    CALLED,
    NO_LANGUAGE,
    OffTopicChoice,
    answer_of,
    left_out_groups,
    off_topic_head,
    off_topic_table,
)
from ui.evaluate.scrolling import NO, YES, scroll_to
from ui.html import Part, clicked, page_number
from ui.page import QUICK, KeyedUpdate, Page, PageState, Panel, Updates

Choices = list[tuple[str, str]]


class OffTopicRows(Panel):
    """The rates, the filters and the table below them, and the messages that were left out."""

    def __init__(self) -> None:
        self.reached = gr.Textbox("", visible=False)
        with gr.Column(elem_classes=["ft-card"], elem_id="off-topic"):
            self.head = Part(elem_id="off-topic-rates")
            with gr.Column(visible=False) as self.box:
                with gr.Row(elem_classes=["ft-row"]):
                    self.answer = gr.Dropdown([("All answers", ALL)], value=ALL, label="Answer", filterable=False)
                    self.kind = gr.Dropdown([("All kinds", ALL)], value=ALL, label="Kind of message", filterable=False)
                    self.language = gr.Dropdown([("All languages", ALL)], value=ALL, label="Language", filterable=False)
                self.list = Part(elem_id="off-topic-rows")
                self.left_out = Part(elem_id="off-topic-left-out")

    def render(self, page_state: PageState) -> Updates:
        """Show all answers of the run's evaluation, calls first, until a visitor selects some."""
        evaluation = page_state.evaluation
        if evaluation is None:
            return {}
        head, found = off_topic_head(evaluation), evaluation.off_topic
        if found is None:
            return {self.head: head, self.box: gr.update(visible=False)}
        key = f"{page_state.location.run} {page_state.run.evaluation_path.stat().st_mtime_ns if page_state.run else 0}"
        answers, kinds, languages = _choices(found)
        return {
            self.head: head,
            self.box: gr.update(visible=True),
            self.answer: KeyedUpdate(key, gr.update(choices=answers, value=ALL)),
            self.kind: KeyedUpdate(key, gr.update(choices=kinds, value=ALL)),
            self.language: KeyedUpdate(key, gr.update(choices=languages, value=ALL)),
            self.list: KeyedUpdate(key, lambda: off_topic_table(found, OffTopicChoice(), 0)),
            self.left_out: KeyedUpdate(key, lambda: left_out_groups(found.left_out)),
        }

    def wire(self, page: Page) -> None:
        """Register the events of the filters and the pager."""

        def listed(location: dict[str, Any], request: gr.Request, choice: OffTopicChoice, number: int = 0) -> str:
            evaluation = page.page_state(location, request).evaluation
            return off_topic_table(evaluation.off_topic, choice, number) if evaluation and evaluation.off_topic else ""

        def turn(
            location: dict[str, Any], kind: str, language: str, answer: str, event: gr.EventData, request: gr.Request
        ) -> str:
            number = page_number(clicked(event).get("page"))
            return listed(location, request, OffTopicChoice(kind, language, answer), number)

        def choose(location: dict[str, Any], kind: str, language: str, answer: str, request: gr.Request) -> str:
            return listed(location, request, OffTopicChoice(kind, language, answer))

        filters = [page.location, self.kind, self.language, self.answer]
        self.list.act(turn, filters, self.list, **QUICK)
        gr.on([self.kind.input, self.language.input, self.answer.input], choose, filters, self.list, **QUICK)

    def follow(self, page: Page, source: gr.HTML) -> None:
        """Show the answers that call a tool, and scroll to them, after a click on that advice inside `source`."""

        def pick(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> Any:
            evaluation = page.page_state(location, request).evaluation
            if evaluation is None or evaluation.off_topic is None or not _is_meant(evaluation, clicked(event)):
                return [NO, *[gr.skip()] * 4]
            choice = OffTopicChoice(answer=CALLED)
            return YES, choice.kind, choice.language, choice.answer, off_topic_table(evaluation.off_topic, choice, 0)

        targets = [self.reached, self.kind, self.language, self.answer, self.list]
        picked = source.act(pick, page.location, targets, **QUICK)
        picked.success(None, self.reached, None, js=scroll_to("off-topic"), **QUICK)


def _is_meant(evaluation: Evaluation, data: dict[str, str]) -> bool:
    """Whether a click selects the advice whose rows are off-topic messages."""
    at = data.get("advice", "")
    known = at.isdecimal() and int(at) < len(evaluation.advice)
    return data.get("do") == "rows" and known and evaluation.advice[int(at)].kind == FALSE_CALLS


def _choices(found: OffTopic) -> tuple[Choices, Choices, Choices]:
    """The choices of the three filters, with their numbers of messages."""
    answers, kinds, languages = (
        Counter(map(answer_of, found.rows)),
        Counter(row.kind for row in found.rows),
        Counter(row.language or NO_LANGUAGE for row in found.rows),
    )
    return (
        [("All answers", ALL), *((f"{name} ({answers[one]:,})", one) for one, name in ANSWERS.items() if answers[one])],
        [("All kinds", ALL), *((f"{kind} ({n:,})", kind) for kind, n in kinds.most_common())],
        [
            ("All languages", ALL),
            *(
                (f"{'no language' if code == NO_LANGUAGE else language_name(code)} ({n:,})", code)
                for code, n in languages.most_common()
            ),
        ],
    )
