"""The Data step's cards on off-topic messages: what is left out, put back, and the near misses of the user."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from backend.off_topic import asked_messages, choose_messages, taught_messages
from backend.runs import RunConfig
from tests.conftest import ROOT
from ui.data.near_misses import NearMisses, _problem, _save
from ui.data.off_topic import OffTopicMessages, _click, choice_view
from ui.jobs.launch import _made
from ui.page.location import Location
from ui.page.state import PageState
from ui.page.updates import value_of
from ui.services.tenants import Tenants
from ui.services.uploads import EXAMPLE
from ui.train.step import _again

EXAMPLES = ROOT / "examples"
NEAR = "hiking is fun\n\n who made  these boots \nHiking is fun!"


@pytest.fixture
def example(tmp_path: Path) -> PageState:
    """The example data, checked, on a page of the machine's owner."""
    opened = PageState(Tenants(tmp_path).services(gr.Request()), Location(data=EXAMPLE))
    assert opened.check is not None
    assert opened.check.done.wait(60)
    return opened


def at(page_state: PageState, location: Location) -> PageState:
    """The same page at another location, its choice of messages made."""
    moved = replace(page_state, location=location)
    assert moved.check is not None
    assert moved.check.done.wait(60)
    assert moved.off_topic is not None
    assert moved.off_topic.done.wait(60)
    return moved


def shown(page_state: PageState) -> str:
    with gr.Blocks():
        card = OffTopicMessages()
    return str(value_of(card.render(page_state)[card.card]))


def test_the_card_counts_the_messages_and_gives_each_group_its_reason(example: PageState) -> None:
    page_state = at(example, example.location)
    choice = page_state.off_topic.result if page_state.off_topic else None
    assert choice is not None
    html = shown(page_state)
    for number in (len(choice.asked), len(choice.taught)):
        assert f'<dd class="value">{number:,}</dd>' in html
    left = len(asked_messages()) + len(taught_messages()) - len(choice.asked) - len(choice.taught)
    assert f'<dd class="value">{left:,}</dd>' in html
    assert html.count('data-do="put-back"') == len(choice.left_out) > 3
    assert "“weather” is in the name get_weather" in html
    assert "0 to ask, 49 to teach" in html


def test_a_group_is_put_back_and_left_out_again(example: PageState) -> None:
    before = at(example, example.location)
    put = at(before, _click(before, {"do": "put-back", "key": "weather"}))
    assert put.location.data not in (None, EXAMPLE)
    assert put.data_key == before.data_key  # the same files: the check is not made again
    assert put.check is before.check
    first, second = (one.off_topic.result for one in (before, put) if one.off_topic)
    assert first is not None
    assert second is not None
    (group,) = second.put_back
    assert group.key == "weather"
    assert len(second.taught) == len(first.taught) + len(group.taught)
    html = shown(put)
    assert '<button type="button" class="btn quiet small" data-do="leave-out"' in html
    assert 'data-do="put-back" title="Put back: weather"' not in html
    both = at(put, _click(put, {"do": "put-back", "key": "camping"}))
    assert both.source is not None
    assert both.source.origin.put_back == "camping,weather"
    again = at(both, _click(both, {"do": "leave-out", "key": "weather"}))
    assert again.source is not None
    assert again.source.origin.put_back == "camping"


def test_a_group_that_is_not_left_out_cannot_be_put_back(example: PageState) -> None:
    page_state = at(example, example.location)
    for data in ({"do": "put-back", "key": "no such topic"}, {"do": "put-back"}, {"do": "other", "key": "weather"}):
        assert _click(page_state, data) == page_state.location


def test_what_was_put_back_and_the_near_misses_reach_the_run_and_the_next_one(example: PageState) -> None:
    first = at(example, example.location)
    put = at(first, _click(first, {"do": "put-back", "key": "stock market"}))
    page_state = at(put, _save(put, NEAR))
    run = _made(page_state, RunConfig(), "hikes")
    assert run.config.put_back == "stock market"
    assert run.config.kept_topics == {"stock market"}
    assert run.near_misses_path.read_text(encoding="utf-8") == "hiking is fun\nwho made these boots"
    opened = at(example, Location(run=run.path.name))
    assert _click(opened, {"do": "put-back", "key": "camping"}) == opened.location
    assert _save(opened, "another") == opened.location
    html = shown(opened)
    assert "stock market" in html
    assert "data-do=" not in html
    next_one = at(example, _again(opened, {"do": "again"}))
    assert next_one.source is not None
    assert next_one.source.origin.put_back == "stock market"
    assert next_one.source.near_misses is not None
    assert next_one.source.near_misses.read_bytes() == run.near_misses_path.read_bytes()


def test_near_misses_are_stored_once_each_and_stay_with_later_changes(example: PageState) -> None:
    saved = at(example, _save(example, NEAR))
    assert saved.source is not None
    assert saved.source.near_misses is not None
    with gr.Blocks():
        card = NearMisses()
    wanted = card.render(saved)
    assert value_of(wanted[card.box]) == "hiking is fun\nwho made these boots"
    assert "2 near misses stored with this data." in wanted[card.state]
    put = at(saved, _click(saved, {"do": "put-back", "key": "weather"}))
    assert put.source is not None
    assert put.source.near_misses is not None
    emptied = at(put, _save(put, " \n "))
    assert emptied.source is not None
    assert emptied.source.near_misses is None
    assert emptied.source.origin.put_back == "weather"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("fine\n" + "a" * 501, "The near misses, line 2: 501 characters; at most 500 are allowed"),
        ("\n".join(f"message {number}" for number in range(501)), "The near misses has 501 messages; at most 500"),
    ],
)
def test_too_much_is_refused_and_nothing_is_lost(example: PageState, written: str, said: str) -> None:
    saved = at(example, _save(example, NEAR))
    with gr.Blocks():
        card = NearMisses()
    before = card.render(saved)[card.box]
    assert said in _problem(written)
    assert _save(saved, written) == saved.location
    assert card.render(saved)[card.box].key == before.key  # so the page does not overwrite what was typed


def test_half_a_character_is_stored_as_a_replacement(example: PageState) -> None:
    saved = at(example, _save(example, "half a \ud83d character"))
    assert saved.source is not None
    assert saved.source.near_misses is not None
    assert saved.source.near_misses.read_text(encoding="utf-8") == "half a \ufffd character"


def test_data_that_the_tools_leave_alone_says_so() -> None:
    assert "None is left out" in choice_view(choose_messages((), ()), free=True)
