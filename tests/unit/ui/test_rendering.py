"""Events write the place, one listener renders it, and no answer that is lost or late leaves an old value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastapi
import gradio as gr
import pytest

from backend.errors import InputError
from backend.runs import RunConfig
from tests.conftest import ROOT
from ui.frame.layout import Layout
from ui.html.part import Part
from ui.page.location import Location
from ui.page.page import Page
from ui.page.sent import UNKNOWN, Answers, certain, record
from ui.page.state import PageState
from ui.page.updates import KeyedUpdate, Seen
from ui.services.tenants import Tenants
from ui.services.uploads import EXAMPLE
from ui.train.form import SettingsForm

EXAMPLES = ROOT / "examples"
REQUEST = gr.Request(session_hash="visitor")


class Visitor:
    """A page of two parts and a field, and what the browser and the session hold of it."""

    def __init__(self, home: Path) -> None:
        self.news = "at first"
        with gr.Blocks():
            self.step, self.live, self.field = Part(), Part(), gr.Textbox()
            self.page = Page(Tenants(home), self._paint)
        self.shown: dict[Any, Any] = {}
        self.location: dict[str, Any] = Location(step="data").to_dict()
        self.token, self.answers = "", Answers()

    def _paint(self, page_state: PageState) -> dict[Any, Any]:
        step = page_state.location.step
        return {self.step: step, self.live: self.news, self.field: KeyedUpdate(step, f"default of {step}")}

    def asked(self) -> dict[Any, Any]:
        """What the server answers to the render that the browser asks for now."""
        return self.page.render(self.location, self.token, self.answers, REQUEST)

    def receive(self, answer: dict[Any, Any]) -> None:
        """What the browser does with an answer."""
        self.token = answer.get(self.page.token, self.token)
        self.shown |= answer

    def act(self, act: Callable[..., Location]) -> None:
        """An event whose action is this."""
        listeners: list[Callable[..., dict[str, str]]] = []
        self.page.on(lambda handle, *_, **__: listeners.append(handle), act)
        self.location = listeners[0](self.location, REQUEST)


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path)


def test_events_write_the_place_and_one_listener_writes_the_rest(tmp_path: Path) -> None:
    with gr.Blocks() as blocks:
        layout = Layout(Tenants(tmp_path))
        layout.wire(blocks)
    place = layout.page.location
    (render,) = (fn for fn in blocks.fns.values() if any(event == "tick" for _, event in fn.targets))
    assert sorted(render.targets) == sorted([(layout.timer._id, "tick"), (place._id, "change")])
    assert render.trigger_mode == "always_last"  # two calls of it at once would be two writers
    assert place not in render.outputs
    moving = [fn for fn in blocks.fns.values() if place in fn.outputs]
    assert len(moving) > 20
    assert [fn.name for fn in moving if list(fn.outputs) != [place]] == []


def test_a_render_sends_what_changed(visitor: Visitor) -> None:
    visitor.receive(visitor.asked())
    assert visitor.shown[visitor.live] == "at first"
    assert visitor.asked() == {}
    visitor.news = "a step further"
    assert visitor.asked() == {visitor.live: "a step further", visitor.page.token: visitor.answers[-1][0]}


def test_a_page_that_does_not_know_its_place_is_left_alone(visitor: Visitor) -> None:
    """The start would be rendered for a moment over what the address names."""
    assert visitor.page.render(None, "", visitor.answers, REQUEST) == {}
    asked = fastapi.Request({"type": "http", "query_string": b"step=train", "headers": []})
    visitor.location = visitor.page.enter(gr.Request(asked, session_hash="visitor"))
    assert visitor.asked()[visitor.step] == "train"


def test_every_event_changes_the_place_that_the_browser_holds(visitor: Visitor) -> None:
    visitor.act(lambda page_state: page_state.location)
    before = visitor.location
    visitor.act(lambda page_state: page_state.location)
    assert visitor.location != before
    assert Location.from_mapping(visitor.location) == Location.from_mapping(before)


def test_an_action_that_fails_stays_and_says_why_until_the_next(visitor: Visitor) -> None:
    def fail(_scene: PageState) -> Location:
        raise InputError("There is no <b>data</b>.")

    visitor.act(fail)
    visitor.receive(visitor.asked())
    assert "There is no &lt;b&gt;data&lt;/b&gt;." in visitor.shown[visitor.page.notice]
    assert visitor.asked() == {}
    visitor.act(lambda page_state: replace(page_state.location, step="train"))
    visitor.receive(visitor.asked())
    assert visitor.shown[visitor.page.notice] == ""


def test_an_answer_that_is_lost_is_sent_again_and_nothing_else(visitor: Visitor) -> None:
    visitor.receive(visitor.asked())
    visitor.news = "a step further"
    assert visitor.live in visitor.asked()  # and it never arrives
    again = visitor.asked()
    assert again[visitor.live] == "a step further"
    assert visitor.field not in again
    visitor.receive(again)
    assert visitor.asked() == {}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_answers_that_overtake_each_other_leave_no_old_value(visitor: Visitor, order: tuple[int, int]) -> None:
    visitor.receive(visitor.asked())
    visitor.news = "a step further"
    first = visitor.asked()
    visitor.location = Location(step="train").to_dict()
    visitor.news = "two steps further"
    answers = (first, visitor.asked())
    for number in order:
        visitor.receive(answers[number])
    visitor.receive(visitor.asked())
    assert visitor.shown[visitor.step] == "train"
    assert visitor.shown[visitor.live] == "two steps further"
    assert visitor.shown[visitor.field] == "default of train"
    assert visitor.asked() == {}


def test_a_page_whose_session_is_forgotten_is_rendered_whole(visitor: Visitor) -> None:
    visitor.receive(visitor.asked())
    visitor.answers.clear()
    assert {visitor.step, visitor.live, visitor.field} <= set(visitor.asked())


def test_few_answers_are_kept() -> None:
    with gr.Blocks():
        part = gr.HTML()
    answers: Answers = []
    _, token = record(answers, "", {part: "0"})
    for number in range(1, 9):
        record(answers, token, {part: str(number)})
    assert len(answers) == 3
    assert certain(answers, token) is None


def test_what_all_open_answers_agree_on_is_certain() -> None:
    one: Seen = {"1": "a", "2": "b"}
    answers: Answers = [("first", one), ("second", {**one, "2": "c", "3": "d"})]
    assert certain(answers, "first") == {"1": "a", "2": UNKNOWN, "3": UNKNOWN}
    assert certain(answers, "second") == answers[-1][1]
    assert certain(answers, "unknown") is None
    assert certain(answers, "") is None
    assert certain([], "") == {}


def test_a_value_that_a_field_was_made_with_is_sent_only_to_change_it_back() -> None:
    """Gradio would write it over what is typed at the moment when the field appears."""
    with gr.Blocks():
        field = gr.Textbox("as made")
    answers: Answers = []
    assert record(answers, "", {field: KeyedUpdate("one", "as made")}) == ({}, "")
    again = {field: KeyedUpdate("other", "as made")}
    changed, token = record(answers, "", again)
    assert changed == again
    assert record(answers, token, again) == ({}, token)
    assert record(answers, "lost", again)[0] == again


def test_the_settings_that_a_laptop_starts_with_are_those_that_the_form_was_made_with(tmp_path: Path) -> None:
    with gr.Blocks():
        form = SettingsForm()
        form.build_estimate()
    page_state = PageState(Tenants(tmp_path).services(REQUEST), Location(data=EXAMPLE, step="train"))
    changed, _ = record([], "", form.render(page_state))
    settings = {name: field for name, field in form.fields.named().items() if name != "trackio_project"}
    assert len(settings) > 10
    assert [name for name, field in settings.items() if field in changed] == []


def test_the_share_of_off_topic_messages_is_shown_only_while_they_are_taught(tmp_path: Path) -> None:
    with gr.Blocks():
        form = SettingsForm()
        form.build_estimate()
    services = Tenants(tmp_path).services(REQUEST)
    for silent in (True, False):
        like = services.store.create(RunConfig(stay_silent=silent), EXAMPLES / "hiking.csv", EXAMPLES / "tools.json")
        page_state = PageState(services, Location(data=EXAMPLE, step="train", like=like.path.name))
        assert form.render(page_state)[form.share].update["visible"] is silent
    usual = form.render(PageState(services, Location(data=EXAMPLE, step="train")))
    assert usual[form.share].update["visible"] is True
