"""The open form of the Data step: a row, a tool, the text of tools.json or the columns of the CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from backend.data.editing import Form, Problem, reshaped
from backend.data.tools import read_tools
from backend.errors import InputError
from backend.records import Tool
from ui.data.editing.form_view import first_field, form_view, problems_view
from ui.data.editing.saving import attempt, check_form, form_key, save, typed_form
from ui.html import Part, button, callout, card, clicked, progress
from ui.page import QUICK, KeyedUpdate, Location, Page, PageState, Panel, Updates

SCRIPT = (Path(__file__).parents[2] / "static" / "editing.js").read_text(encoding="utf-8")
OF_RUN = "The run keeps its data. Saving opens a changed copy of it."
TELL_FORM = "watch('value', () => document.dispatchEvent(new Event('ft-problems')));"


class Editing(Panel):
    """The form, and its problems for the script; only the form is rendered."""

    def __init__(self) -> None:
        self.form = Part(elem_id="edit-form", also=SCRIPT)
        self.problems = Part(elem_id="edit-notes", also=TELL_FORM)

    def render(self, page_state: PageState) -> Updates:
        """The form that the location names; empty if it names none."""
        task = page_state.form
        if task is None or page_state.data is None:
            return {self.form: KeyedUpdate("closed", "")}
        key = f"{page_state.data.key} {form_key(page_state)} {task.result is not None} {task.error}"
        return {self.form: KeyedUpdate(key, lambda: _opened(page_state))}

    def wire(self, page: Page) -> None:
        """Register the events of the script: typed, shape, save and leave."""

        def check(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> Markup:
            return _problems(page.page_state(location, request), clicked(event))

        def shape(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> tuple[Any, Any]:
            return _reshaped(page.page_state(location, request), clicked(event))

        def answer(location: dict[str, Any], event: gr.EventData, request: gr.Request) -> Markup:
            return _unsaved(page.page_state(location, request), clicked(event))

        every = {**QUICK, "trigger_mode": "multiple"}
        self.form.typed(check, page.location, self.problems, **every)
        self.form.shape(shape, page.location, [self.form, self.problems], **every)
        self.form.save(answer, page.location, self.problems, **every)
        page.on_click(self.form, save, event="save")
        page.on_click(self.form, _leave, event="leave")
        page.on_click(self.form, _leave)


def _leave(page_state: PageState, _data: Mapping[str, str]) -> Location:
    return replace(page_state.location, editing=None)


def _opened(page_state: PageState) -> Markup:
    task, place = page_state.form, page_state.place
    close = button("close", "Close")
    if task is None or place is None:
        return Markup("")
    if task.error:
        return callout("error", "This cannot be edited here", task.error, close)
    if task.result is None:
        return card("Opening", progress(None, "Reading the files"), aside=close)
    focus = first_field(task.result, place, check_form(page_state, task.result))
    return _view(page_state, task.result, focus)


def _view(page_state: PageState, form: Form, focus: str, *, changed: bool = False) -> Markup:
    note = OF_RUN if page_state.run else ""
    return form_view(form, _tools(page_state), form_key(page_state), note, focus=focus, changed=changed)


def _tools(page_state: PageState) -> Mapping[str, Tool]:
    data = page_state.data
    return {tool.name: tool for tool in read_tools(data.tools).tools} if data else {}


def _problems(page_state: PageState, data: Mapping[str, str]) -> Markup:
    """The problems of the form as it is typed."""
    try:
        return problems_view(check_form(page_state, typed_form(data)))
    except InputError as error:
        return problems_view([Problem("", "error", str(error))])


def _reshaped(page_state: PageState, data: Mapping[str, str]) -> tuple[Any, Any]:
    """The form after a step, and its problems; if the step is not possible, only the reason."""
    current = page_state.data
    if current is None or data.get("key") != form_key(page_state):
        return gr.skip(), gr.skip()
    try:
        at = int(data["at"]) if data.get("at", "").isdecimal() else 0
        form, focus = reshaped(typed_form(data), data.get("step", ""), at, current.tools)
        problems = check_form(page_state, form)
    except InputError as error:
        return gr.skip(), problems_view([Problem("", "error", str(error))])
    return (
        _view(page_state, form, focus, changed=True),
        problems_view(problems),
    )


def _unsaved(page_state: PageState, data: Mapping[str, str]) -> Markup:
    """The reason why a form was not saved; without one if it was."""
    try:
        done, problems = attempt(page_state, data)
    except InputError as error:
        return problems_view([Problem("", "error", str(error))])
    return problems_view(problems, blocked=done is None and bool(problems))
